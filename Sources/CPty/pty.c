#include "CPty.h"

#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t cpty_spawn(const char *path, char *const arguments[], char *const environment[], int columns, int lines, int *master) {
  struct winsize size = {.ws_row = (unsigned short)lines, .ws_col = (unsigned short)columns};
  const pid_t pid = forkpty(master, NULL, NULL, &size);
  if (pid == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
    execve(path, arguments, environment);
    _exit(127);
  }
  return pid;
}

void cpty_resize(int master, int columns, int lines) {
  struct winsize size = {.ws_row = (unsigned short)lines, .ws_col = (unsigned short)columns};
  ioctl(master, TIOCSWINSZ, &size);
}

int cpty_ended(pid_t pid, int *status) {
  const pid_t got = waitpid(pid, status, WNOHANG);
  return got == pid ? 1 : got == 0 ? 0 : -1;
}

int cpty_exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
int cpty_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
