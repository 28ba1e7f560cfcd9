/* A disk that fails, put in front of one process with LD_PRELOAD.
 *
 * When a line that holds $EIO_AT is written, the disk fails for good: with $EIO_IN_WRITE half of that line is taken and
 * nothing after it, without it the line is taken and never becomes durable.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed;
static int log_file = -1;

ssize_t write(int descriptor, const void *content, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        real = dlsym(RTLD_NEXT, "write");
    const char *at = getenv("EIO_AT");
    if (failed && descriptor == log_file) {
        errno = EIO;
        return -1;
    }
    if (!failed && at && memmem(content, size, at, strlen(at))) {
        failed = 1;
        log_file = descriptor;
        if (getenv("EIO_IN_WRITE"))
            return real(descriptor, content, size / 2);
    }
    return real(descriptor, content, size);
}

int fsync(int descriptor)
{
    static int (*real)(int);
    if (!real)
        real = dlsym(RTLD_NEXT, "fsync");
    if (failed) {
        errno = EIO;
        return -1;
    }
    return real(descriptor);
}
