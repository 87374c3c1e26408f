using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>
/// Reports failed records to their streams' lists, off the records' own path. Each report has the failures that gathered meanwhile;
/// failures beyond the limit are only counted.
/// </summary>
internal sealed partial class FailureReporter(ClusterProducer producer, IStreamManagers managers, LiveSilos silos, TimeProvider time,
    ILogger<FailureReporter> logger)
{
    private const int MaxWaiting = 10_000;
    private const int MaxPerReport = 500;
    private const long MaxReportBytes = 1 << 20;

    // Those with failures that wait. Others may be names that somebody made up.
    private readonly ConcurrentDictionary<string, Waiting> _streams = new(StringComparer.Ordinal);

    /// <summary>How many streams have failures that wait to be reported.</summary>
    public int Streams => _streams.Count;

    public void Start() => producer.RecordFailed += Add;

    private void Add(RecordFailure failure)
    {
        var waiting = _streams.GetOrAdd(failure.Stream, static _ => new Waiting());
        lock (waiting)
        {
            if (waiting.Failures.Count >= MaxWaiting)
                waiting.LeftOut++;
            else
                waiting.Failures.Enqueue(new FailureEntry(time.GetUtcNow(), silos.Self.ToString(), failure.Result));
            if (waiting.IsTelling)
                return;
            waiting.IsTelling = true;
        }

        _ = Task.Run(() => TellAsync(failure.Stream, waiting));
    }

    private async Task TellAsync(string stream, Waiting waiting)
    {
        while (true)
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

            try
            {
                await managers.ReportFailuresAsync(stream, report).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                LogNotTold(e, report.Entries.Count, stream);
                lock (waiting)
                    waiting.LeftOut += report.LeftOut + report.Entries.Count;
                await Task.Delay(TimeSpan.FromSeconds(1), time).ConfigureAwait(false);
            }
        }
    }

    private static IEnumerable<FailureEntry> Take(Queue<FailureEntry> failures)
    {
        long bytes = 0;
        for (var count = 0; count < MaxPerReport && bytes < MaxReportBytes && failures.TryDequeue(out var failure); count++)
        {
            bytes += failure.Result.Record?.Data.Length ?? 0;
            yield return failure;
        }
    }

    private sealed class Waiting
    {
        public Queue<FailureEntry> Failures { get; } = new();

        public long LeftOut { get; set; }

        public bool IsTelling { get; set; }
    }

    [LoggerMessage(66, LogLevel.Warning, "{Failures} failed records of stream {Stream} did not get onto its list")]
    private partial void LogNotTold(Exception error, int failures, string stream);
}
