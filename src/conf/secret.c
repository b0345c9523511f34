#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/utf8.h"

struct why {
	char *text;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static int no(const struct why *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->text, w->size, format, args);
	va_end(args);
	return -EINVAL;
}

const char *conf_secret_word(enum conf_secret kind)
{
	static const char *const words[CONF_N_SECRETS] = { "file", "env", "credential" };

	return words[kind];
}

void conf_secret_reference(enum conf_secret kind, const char *name, struct buf *out)
{
	buf_printf(out, "{%s: ", conf_secret_word(kind));
	buf_escape(out, name, strlen(name), 200);
	buf_putc(out, '}');
}

/* Up to CONF_SECRET_MAX + 1 bytes, so that one too many shows. */
static int read_all(int fd, char *out, size_t *ret_n, const struct why *w)
{
	size_t n = 0;

	while (n <= CONF_SECRET_MAX) {
		ssize_t got = read(fd, out + n, CONF_SECRET_MAX + 1 - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return no(w, "cannot be read: %s", strerror(errno));
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*ret_n = n;
	return 0;
}

static int read_file(const char *path, char *out, size_t *ret_n, const struct why *w)
{
	struct stat st;
	int fd, rc;

	/* Asked before it is opened: opening a device or a pipe may do something, or wait. */
	if (stat(path, &st) < 0)
		return no(w, "cannot be read: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return no(w, "is not a regular file");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return no(w, "cannot be read: %s", strerror(errno));
	rc = read_all(fd, out, ret_n, w);
	close(fd);
	if (rc == 0 && *ret_n > 0 && *ret_n <= CONF_SECRET_MAX && out[*ret_n - 1] == '\n') {
		(*ret_n)--;
		if (*ret_n > 0 && out[*ret_n - 1] == '\r')
			(*ret_n)--;
	}
	return rc;
}

static int read_env(const char *name, char *out, size_t *ret_n, const struct why *w)
{
	const char *v = getenv(name);

	if (!v)
		return no(w, "is not set in the environment");
	*ret_n = strnlen(v, CONF_SECRET_MAX + 1);
	memcpy(out, v, *ret_n);
	return 0;
}

static int read_credential(const char *name, char *out, size_t *ret_n, const struct why *w)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return no(w, "is not the name of a credential");
	if (!folder || !*folder)
		return no(w,
		          "cannot be read: $CREDENTIALS_DIRECTORY is not set (LoadCredential= of a "
		          "systemd unit sets it)");
	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
		return no(w, "cannot be read: %s", strerror(ENAMETOOLONG));
	return read_file(path, out, ret_n, w);
}

int conf_secret_read(enum conf_secret kind, const char *name, char out[static CONF_SECRET_MAX + 1],
                     size_t *ret_n, char *why, size_t why_size)
{
	struct why w = { why, why_size };
	size_t n = 0;
	int rc;

	if (!*name)
		return no(&w, "has no name");
	rc = kind == CONF_SECRET_FILE  ? read_file(name, out, &n, &w)
	     : kind == CONF_SECRET_ENV ? read_env(name, out, &n, &w)
	                               : read_credential(name, out, &n, &w);
	if (rc < 0)
		return rc;
	if (n == 0)
		return no(&w, "is empty");
	if (n > CONF_SECRET_MAX)
		return no(&w, "is larger than 64 KiB");
	if (memchr(out, 0, n))
		return no(&w, "has a NUL byte in it");
	if (!utf8_valid(out, n))
		return no(&w, "is not UTF-8 text");
	*ret_n = n;
	return 0;
}
