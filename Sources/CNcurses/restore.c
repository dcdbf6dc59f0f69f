#include "CNcurses.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Written once by nc_guard before the handlers exist, then only read. */
static struct termios found;
static int have_found;
static char leave[256];
static size_t leave_length;

static void append(const char *capability) {
  const char *text = tigetstr((char *)capability);
  if (text == NULL || text == (char *)-1) return;
  /* Padding such as $<5> is left out: terminals of today need none. */
  for (; *text != 0 && leave_length < sizeof leave - 1; text++) {
    if (text[0] == '$' && text[1] == '<') {
      const char *end = strchr(text, '>');
      if (end != NULL) {
        text = end;
        continue;
      }
    }
    leave[leave_length++] = *text;
  }
}

void nc_restore(void) {
  size_t done = 0;
  while (done < leave_length) {
    ssize_t count = write(STDOUT_FILENO, leave + done, leave_length - done);
    if (count <= 0) break;
    done += (size_t)count;
  }
  if (have_found) tcsetattr(STDIN_FILENO, TCSANOW, &found);
}

static void on_crash(int number) {
  nc_restore();
  signal(number, SIG_DFL);
  raise(number);
}

void nc_guard(void) {
  static const char mouse_off[] = "\033[?1006l\033[?1003l\033[?1002l\033[?1000l";
  leave_length = 0;
  memcpy(leave, mouse_off, sizeof mouse_off - 1);
  leave_length = sizeof mouse_off - 1;
  append("sgr0");
  append("rmkx");
  append("cnorm");
  append("rmcup");
  /* The crashes, and the signals that end a program nobody taught what to do with them. */
  static const int crashes[] = {SIGABRT, SIGSEGV, SIGILL,  SIGTRAP, SIGBUS,    SIGFPE,   SIGSYS,
                                SIGXCPU, SIGXFSZ, SIGUSR1, SIGUSR2, SIGVTALRM, SIGALRM, SIGPROF};
  for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_crash;
    action.sa_flags = SA_RESETHAND | SA_ONSTACK | SA_NODEFER;
    sigaction(crashes[i], &action, NULL);
  }
}

/* Runs before main, so that the settings are those the user had. */
__attribute__((constructor)) static void remember(void) { have_found = tcgetattr(STDIN_FILENO, &found) == 0; }
