/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the terminal and Prometheus are told, letter by letter. */
#include "capture/live/view.h"

#include "test/table.h"

#include "capture/live/metrics.h"

static const struct record_loss cpus[] = { { .read = 1000, .waiting = 234 }, { .read = 10, .overrun = 3, .dropped = 2 } };
static const struct record_loss later[] = { { .read = 4000, .waiting = 1234 }, { .read = 10, .overrun = 3, .dropped = 2 } };

struct step {			/* one VM and what is of none, at a moment */
	double seconds;
	const struct record_loss *cpus;
	uint64_t bytes;
	struct meter_count vm;
	uint32_t nr_vcpus;
	uint64_t service_ns, nr;	/* so many accesses of the same time, since the last step */
	double share;
	bool over;
	const char *name;
};

static void step_make(const struct step *s, struct meter_vm *vms, struct watch_now *now)
{
	vms[0].name = (char *)"others";
	vms[1].name = (char *)(s->name ? s->name : "web1");
	vms[1].pid = 77;
	vms[1].count = s->vm;
	vms[1].nr_vcpus = s->nr_vcpus;
	hist_fini(&vms[1].recent);
	hist_init(&vms[1].recent);
	if (s->nr) {
		hist_record_n(&vms[1].recent, s->service_ns, s->nr);
		hist_record_n(&vms[1].service, s->service_ns, s->nr);
	}
	*now = (struct watch_now){ .seconds = s->seconds, .over = s->over, .cpus = s->cpus, .nr_cpus = 2, .bytes = s->bytes,
				   .share = s->share ? s->share : 1, .vms = vms, .nr_vms = 2 };
}

#define HEAD	"VM                   access/s  walks/s  inval/s  ages/s     p50     p99   stall\033[K\n"

static const struct {
	const char *name;
	struct step steps[3];
	const char *want;
} views[] = {
	{ "a host with exits", { { 2, cpus, 8192, { .exits = 300, .accesses = 200, .invalidations = 3, .ages = 1, .service_ns = 4e7 }, 2, 1500, 200 } },
	  "2 s   622 events/s   4.1kB/s   5 lost\033[K\n" HEAD
	  "web1 (77)                 100        -      1.5     0.5   1.5us   1.5us   1.0 %\033[K\n\033[J" },
	{ "one without", { { 2, cpus, 8192, { .walks = 12340 } } },
	  "2 s   622 events/s   4.1kB/s   5 lost\033[K\n" HEAD
	  "web1 (77)                   -     6.2k        0       0       -       -       -\033[K\n\033[J" },
	{ "a second look, over the first, of what came since then", {
		{ 2, cpus, 8192, { .exits = 300, .accesses = 200, .service_ns = 4e7 }, 2, 1500, 200 },
		{ 3, later, 2008192, { .exits = 1400, .accesses = 1200, .service_ns = 5e7 }, 2, 900, 1000, 0.25 } },
	  "2 s   622 events/s   4.1kB/s   5 lost\033[K\n" HEAD
	  "web1 (77)                 100        -        0       0   1.5us   1.5us   1.0 %\033[K\n\033[J"
	  "\033[3A3 s   4.0k events/s   2.0MB/s   5 lost   (below: from 25.0 % of them)\033[K\n" HEAD
	  "web1 (77)                1.0k        -        0       0   900ns   900ns   0.5 %\033[K\n\033[J" },
	{ "at the end, the whole", {
		{ 2, cpus, 8192, { .exits = 300, .accesses = 200, .service_ns = 4e7 }, 2, 1500, 200 },
		{ 4, later, 8192, { .exits = 300, .accesses = 200, .service_ns = 4e7 }, 2, 0, 0, 0, true } },
	  "2 s   622 events/s   4.1kB/s   5 lost\033[K\n" HEAD
	  "web1 (77)                 100        -        0       0   1.5us   1.5us   1.0 %\033[K\n\033[J"
	  "\033[3A4 s   1.3k events/s   2.0kB/s   5 lost\033[K\n"
	  "whole recording: VM  access/s  walks/s  inval/s  ages/s     p50     p99   stall\033[K\n"
	  "web1 (77)                  50        -        0       0   1.5us   1.5us   0.5 %\033[K\n\033[J" },
};

static void check_view(const void *row)
{
	const typeof(views[0]) *r = row;
	struct meter_vm vms[2] = { 0 };
	struct watch_now now;
	char *text = NULL;
	size_t bytes;
	FILE *m = open_memstream(&text, &bytes);
	struct view *v = view_open(m);

	for (size_t i = 0; i < ARRAY_SIZE(r->steps) && r->steps[i].cpus; i++) {
		step_make(&r->steps[i], vms, &now);
		view_show(v, &now);
	}
	view_close(v);
	fclose(m);
	assert_string_equal(text, r->want);
	free(text);
	hist_fini(&vms[1].recent);
	hist_fini(&vms[1].service);
}

static const struct {
	const char *name;
	struct step step;
	const char *want, *absent;	/* lines that must be there; what must not */
} texts[] = {
	{ "counts of the host", { 2.5, cpus, 8192 },
	  "# TYPE mmulab_capture_events_total counter\nmmulab_capture_events_total 1244\n", "accesses" },
	{ "losses by CPU and cause", { 2.5, cpus, 8192 },
	  "mmulab_capture_lost_events_total{cpu=\"1\",cause=\"overrun\"} 3\n"
	  "mmulab_capture_lost_events_total{cpu=\"1\",cause=\"commit_overrun\"} 0\n"
	  "mmulab_capture_lost_events_total{cpu=\"1\",cause=\"dropped\"} 2\n", "service" },
	{ "seconds and bytes", { 2.5, cpus, 8192 },
	  "mmulab_capture_duration_seconds 2.5\n", "walks" },
	{ "running", { 2.5, cpus, 8192 }, "mmulab_capture_running 1\n", "\nmmulab_capture_running 0" },
	{ "not running", { 2.5, cpus, 8192, .over = true }, "mmulab_capture_running 0\n", "\nmmulab_capture_running 1" },
	{ "a VM's accesses", { 2.5, cpus, 8192, { .exits = 7, .accesses = 5.5, .service_ns = 3e9 }, 1, 1500, 5 },
	  "mmulab_capture_accesses_total{vm=\"web1\",pid=\"77\"} 5.5\n", "ages" },
	{ "its stall", { 2.5, cpus, 8192, { .exits = 7, .accesses = 5.5, .service_ns = 3e9 }, 1, 1500, 5 },
	  "mmulab_capture_stall_seconds_total{vm=\"web1\",pid=\"77\"} 3\n", "walks" },
	{ "its service times", { 2.5, cpus, 8192, { .exits = 7 }, 1, 1500, 5 },
	  "mmulab_capture_service_seconds_bucket{vm=\"web1\",pid=\"77\",le=\"1e-06\"} 0\n"
	  "mmulab_capture_service_seconds_bucket{vm=\"web1\",pid=\"77\",le=\"2e-06\"} 5\n", "walks" },
	{ "to the last", { 2.5, cpus, 8192, { .exits = 7 }, 1, 1500, 5 },
	  "mmulab_capture_service_seconds_bucket{vm=\"web1\",pid=\"77\",le=\"+Inf\"} 5\n"
	  "mmulab_capture_service_seconds_sum{vm=\"web1\",pid=\"77\"} 7.5e-06\n"
	  "mmulab_capture_service_seconds_count{vm=\"web1\",pid=\"77\"} 5\n", "walks" },
	{ "a name that must be quoted", { 2.5, cpus, 8192, .name = "a\"b\\c\nd" },
	  "mmulab_capture_vcpus{vm=\"a\\\"b\\\\c\\nd\",pid=\"77\"} 0\n", "\nd" },
};

static void check_text(const void *row)
{
	const typeof(texts[0]) *r = row;
	struct meter_vm vms[2] = { 0 };
	struct watch_now now;
	char *text;

	step_make(&r->step, vms, &now);
	text = metrics_text(&now);
	assert_non_null(strstr(text, r->want));
	assert_null(strstr(text, r->absent));
	free(text);
	hist_fini(&vms[1].recent);
	hist_fini(&vms[1].service);
}

int main(void)
{
	int a = table_run("view", views, ARRAY_SIZE(views), sizeof(views[0]), check_view);
	int b = table_run("metrics", texts, ARRAY_SIZE(texts), sizeof(texts[0]), check_text);

	return a || b;
}
