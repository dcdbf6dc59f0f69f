/* What glibc has and Swift's Glibc module does not show. */
#ifndef TOCSIN_LINUX_H
#define TOCSIN_LINUX_H

#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/statfs.h>
#include <sys/timex.h>
#include <pthread.h>

/* Hidden without _GNU_SOURCE. */
extern int pthread_setname_np(pthread_t thread, const char *name);

#endif
