/* What glibc has and Swift's Glibc module does not show. */
#ifndef TOCSIN_LINUX_H
#define TOCSIN_LINUX_H

#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/statfs.h>
#include <sys/timex.h>
#include <pthread.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* Hidden without _GNU_SOURCE. */
extern int pthread_setname_np(pthread_t thread, const char *name);

#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include <sys/syscall.h>
static inline int tocsin_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

/* A thread of a library may not have the signals blocked that a signalfd is to get. Its handler blocks them there for
   good and sends them on, so that they reach the signalfd and not the default action. Async-signal-safe. */
static void tocsin_pass_on(int number, siginfo_t *info, void *context) {
  (void)info;
  sigaddset(&((ucontext_t *)context)->uc_sigmask, number);
  kill(getpid(), number);
}
static inline void tocsin_keep_for_signalfd(int number) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = tocsin_pass_on;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&action.sa_mask);
  sigaction(number, &action, 0);
}

extern int memfd_create(const char *name, unsigned int flags);
enum { TOCSIN_MFD_CLOEXEC = 1, TOCSIN_MFD_ALLOW_SEALING = 2 };
enum { TOCSIN_F_ADD_SEALS = 1033, TOCSIN_F_SEAL_SHRINK = 2, TOCSIN_F_SEAL_GROW = 4 };

#include <sys/socket.h>
extern int pipe2(int pipes[2], int flags);
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

/* What SO_PEERCRED tells; glibc shows `struct ucred` only with _GNU_SOURCE. */
struct tocsin_peer { int pid; unsigned uid; unsigned gid; };

#endif
