using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>
/// Reports failed records to their streams' lists, off the records' own path. Each report has the failures that gathered meanwhile;
/// failures beyond the limits are only counted.
/// </summary>
internal sealed partial class FailureReporter(ClusterProducer producer, IStreamManagers managers, LiveSilos silos, TimeProvider time,
    ILogger<FailureReporter> logger)
{
    private const int MaxWaiting = 10_000;
    private const int MaxPerReport = 500;
    private const long MaxReportBytes = 1 << 20;

    /// <summary>The bytes of all failures that wait or are being reported; what a stream has of them is never more than what is left for others.</summary>
    private const long MaxBytes = 32 << 20;

    // The streams with failures that wait. Others may be names that somebody made up.
    private readonly ConcurrentDictionary<string, Waiting> _streams = new(StringComparer.Ordinal);

    private readonly CancellationTokenSource _stop = new();
    private long _bytes;

    /// <summary>How many streams have failures that wait to be reported.</summary>
    public int Streams => _streams.Count;

    /// <summary>How many bytes they have.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public void Start() => producer.RecordFailed += Add;

    /// <summary>Stops reporting: the silo ends.</summary>
    public void Stop()
    {
        producer.RecordFailed -= Add;
        _stop.Cancel();
    }

    internal void Add(RecordFailure failure)
    {
        var entry = new FailureEntry(time.GetUtcNow(), silos.Self.ToString(), failure.Result);
        var size = FailureList.SizeOf(entry);
        var waiting = _streams.GetOrAdd(failure.Stream, static _ => new Waiting());
        lock (waiting)
        {
            if (waiting.Failures.Count >= MaxWaiting || waiting.Bytes + size > MaxBytes - Bytes - size)
            {
                waiting.LeftOut++;
            }
            else
            {
                waiting.Failures.Enqueue(entry);
                Count(waiting, size);
            }

            if (waiting.IsTelling)
                return;
            waiting.IsTelling = true;
        }

        _ = Task.Run(() => TellAsync(failure.Stream, waiting));
    }

    private async Task TellAsync(string stream, Waiting waiting)
    {
        while (!_stop.IsCancellationRequested)
        {
            FailureBatch report;
            lock (waiting)
            {
                if (waiting.Failures.Count == 0 && waiting.LeftOut == 0)
                {
                    // Whoever adds to it meanwhile reports that itself.
                    _streams.TryRemove(KeyValuePair.Create(stream, waiting));
                    waiting.IsTelling = false;
                    return;
                }

                report = new FailureBatch([.. Take(waiting.Failures)], waiting.LeftOut);
                waiting.LeftOut = 0;
            }

            var bytes = report.Entries.Sum(FailureList.SizeOf);
            try
            {
                await managers.ReportFailuresAsync(stream, report).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // The others were told of when they were left out.
                if (report.Entries.Count > 0)
                    LogNotTold(e, report.Entries.Count, stream);
                lock (waiting)
                    waiting.LeftOut += report.LeftOut + report.Entries.Count;
                await Task.Delay(TimeSpan.FromSeconds(1), time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            lock (waiting)
                Count(waiting, -bytes);
        }
    }

    private void Count(Waiting waiting, long bytes)
    {
        waiting.Bytes += bytes;
        Interlocked.Add(ref _bytes, bytes);
    }

    private static IEnumerable<FailureEntry> Take(Queue<FailureEntry> failures)
    {
        long bytes = 0;
        for (var count = 0; count < MaxPerReport && bytes < MaxReportBytes && failures.TryDequeue(out var failure); count++)
        {
            bytes += FailureList.SizeOf(failure);
            yield return failure;
        }
    }

    private sealed class Waiting
    {
        public Queue<FailureEntry> Failures { get; } = new();

        public long Bytes { get; set; }

        public long LeftOut { get; set; }

        public bool IsTelling { get; set; }
    }

    [LoggerMessage(117, LogLevel.Warning, "{Failures} failed records of stream {Stream} did not get onto its list")]
    private partial void LogNotTold(Exception error, int failures, string stream);
}
