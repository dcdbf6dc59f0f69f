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

#include <unistd.h>
#include <sys/syscall.h>
static inline int tocsin_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

extern int memfd_create(const char *name, unsigned int flags);
enum { TOCSIN_MFD_CLOEXEC = 1, TOCSIN_MFD_ALLOW_SEALING = 2 };
enum { TOCSIN_F_ADD_SEALS = 1033, TOCSIN_F_SEAL_SHRINK = 2, TOCSIN_F_SEAL_GROW = 4 };

#endif
