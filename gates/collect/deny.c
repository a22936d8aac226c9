/* Refuses writes below one folder, as a full disk or a read-only file system would: preloaded into a program whose
 * behaviour then is looked at.  DENY_FOLDER names the folder, DENY_HOW is `full` or `readonly`.  Reading goes on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int below(const char *path)
{
    const char *folder = getenv("DENY_FOLDER");
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int is(const char *how)
{
    const char *wanted = getenv("DENY_HOW");
    return wanted && strcmp(wanted, how) == 0;
}

static int readonly(const char *path)
{
    if (!is("readonly") || !below(path))
        return 0;
    errno = EROFS;
    return 1;
}

ssize_t write(int descriptor, const void *data, size_t size)
{
    char name[64], path[4096];
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    ssize_t length = is("full") ? readlink(name, path, sizeof path - 1) : -1;
    if (length > 0) {
        path[length] = 0;
        if (below(path)) {
            errno = ENOSPC;
            return -1;
        }
    }
    ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    return next(descriptor, data, size);
}

#define OPEN(name)                                                         \
    int name(const char *path, int flags, ...)                             \
    {                                                                      \
        va_list rest;                                                      \
        va_start(rest, flags);                                             \
        mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;        \
        va_end(rest);                                                      \
        if ((flags & (O_CREAT | O_WRONLY | O_RDWR)) && readonly(path))     \
            return -1;                                                     \
        int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);     \
        return next(path, flags, mode);                                    \
    }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode)
{
    int (*next)(const char *, mode_t) = dlsym(RTLD_NEXT, "mkdir");
    return readonly(path) ? -1 : next(path, mode);
}

int unlink(const char *path)
{
    int (*next)(const char *) = dlsym(RTLD_NEXT, "unlink");
    return readonly(path) ? -1 : next(path);
}

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    return readonly(to) ? -1 : next(from, to);
}
