using System.Collections.Concurrent;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Watching;

/// <summary>
/// Looks at the tier once a second for whoever reads its events: once for all readers of a stream, and not at all without readers.
/// </summary>
internal sealed partial class TierWatch(
    ITierView view, IStreamAdmin admin, IBacklogAdmin? backlog, IKplProducer producer, TimeProvider time, ILogger<TierWatch> logger)
{
    /// <summary>The most readers of all streams together.</summary>
    public const int MostReaders = 64;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<WatchReader>> _readers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _missing = new(StringComparer.Ordinal);

    /// <summary>The name of the cluster; null for a process by itself.</summary>
    public string? Cluster => view.Cluster;

    /// <summary>The number of streams that are looked at now, with the look at no stream.</summary>
    public int Looks
    {
        get
        {
            lock (_lock)
                return _readers.Count;
        }
    }

    /// <summary>The streams that are looked at, or were put to, and that Kinesis did not know then.</summary>
    public IReadOnlyCollection<string> Missing() => [.. _missing.Keys, .. producer.Health.MissingStreams];

    /// <summary>All processes at a glance, now.</summary>
    public Task<IReadOnlyList<ProcessReport>> ReportAsync(CancellationToken cancellationToken) => view.ReportAsync(null, cancellationToken);

    /// <summary>Begins to read; null where too many read already.</summary>
    /// <param name="stream">The stream to look at; empty for none.</param>
    public WatchReader? TryAdd(string stream)
    {
        var reader = new WatchReader();
        lock (_lock)
        {
            if (_readers.Values.Sum(static r => r.Count) >= MostReaders)
                return null;
            if (_readers.TryGetValue(stream, out var others))
            {
                others.Add(reader);
                return reader;
            }

            _readers[stream] = [reader];
        }

        _ = Task.Run(() => LookAsync(stream));
        return reader;
    }

    /// <summary>Ends a reader. The look ends with the last one.</summary>
    public void Remove(string stream, WatchReader reader)
    {
        lock (_lock)
        {
            if (_readers.TryGetValue(stream, out var readers))
                readers.Remove(reader);
        }

        reader.Dispose();
    }

    private async Task LookAsync(string stream)
    {
        using var watch = stream.Length == 0 ? null : new StreamWatch(stream, admin, backlog, time);
        while (true)
        {
            try
            {
                var reports = await view.ReportAsync(watch?.Name, CancellationToken.None);
                var frame = watch is null ? new WatchFrame(reports) : await watch.LookAsync(reports);
                if (watch?.IsMissing == true)
                    _missing.TryAdd(stream, true);
                else if (watch?.IsMissing == false)
                    _missing.TryRemove(stream, out _);
                Tell(stream, frame with { Missing = Missing() });
            }
            catch (Exception e)
            {
                LogNotSeen(e, stream);
            }

            lock (_lock)
            {
                if (_readers[stream].Count == 0)
                {
                    _readers.Remove(stream);
                    // From now on nobody would notice that it is created.
                    _missing.TryRemove(stream, out _);
                    return;
                }
            }

            await Task.Delay(Every, time);
        }
    }

    private void Tell(string stream, WatchFrame frame)
    {
        lock (_lock)
        {
            foreach (var reader in _readers[stream])
                reader.Tell(frame);
        }
    }

    [LoggerMessage(228, LogLevel.Warning, "Events of stream '{Stream}' miss a second")]
    private partial void LogNotSeen(Exception error, string stream);
}
