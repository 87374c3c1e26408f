using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Watching;

/// <summary>Looks at one stream once a second, from what its processes and its manager tell. Not thread-safe.</summary>
internal sealed class StreamWatch(string stream, IStreamAdmin admin, IBacklogAdmin? backlog, TimeProvider time) : IDisposable
{
    private readonly StreamReading _reading = new(stream, admin, backlog, time);
    private readonly ShardRates _rates = new();
    private readonly FullShards _full = new();
    private readonly CallLatency _latency = new(stream);
    private byte[]? _map;
    private string _mapOf = "";
    private long _lookedAt;

    /// <summary>The name under which processes have the stream open, which is not the ARN that it may be asked for by.</summary>
    public string Name => _reading.Overview?.Stream ?? stream;

    /// <summary>Whether Kinesis does not know the stream, as far as was asked.</summary>
    public bool IsMissing => _reading.Trouble?.Code == RecordErrorCodes.ResourceNotFound;

    public async Task<WatchFrame> LookAsync(IReadOnlyList<ProcessReport> reports)
    {
        await _reading.ListIfDueAsync(reports);
        var name = _latency.Stream = Name;
        List<StreamReport> parts = [.. reports.SelectMany(static r => r.Streams).Where(s => s.Stream == name)];
        var paging = _reading.PageAsync(parts.Sum(static s => s.Ledger.Failed + s.Ledger.Unknown));
        var (books, waiting) = await _reading.CountAsync() ?? (BooksOf(reports, parts), null);
        await paging;
        var now = time.GetTimestamp();
        var seconds = _lookedAt == 0 ? 0 : time.GetElapsedTime(_lookedAt, now).TotalSeconds;
        _lookedAt = now;
        var shards = Shards(reports, seconds);
        _rates.EndLook();
        var at = time.GetUtcNow();
        if (seconds > 0)
            _full.Note(at, shards.Select(static s => (s.Status.ShardId, s.Rate.Utilisation, s.Seen?.Bucket ?? 1, ShardRates.OfLastMinute(s.Seen))));
        var watched = new WatchedStream
        {
            Stream = stream,
            At = at,
            Reports = reports,
            Parts = parts,
            Overview = _reading.Overview,
            Trouble = _reading.Trouble,
            Books = books,
            Backlog = waiting,
            Operations = _reading.Operations,
            Failures = _reading.Failures,
            Shards = shards,
            Full = _full.Found,
        };
        return new WatchFrame(reports, MapOf(watched), PulseText.Pulse(watched, _latency.Take()));
    }

    public void Dispose() => _latency.Dispose();

    /// <summary>What the processes count, while the manager does not tell: it may wait for a silent one for half a minute.</summary>
    private static StreamBooks BooksOf(IReadOnlyList<ProcessReport> reports, List<StreamReport> parts) => new()
    {
        Ledger = parts.Aggregate(default(StreamLedger), static (sum, s) => sum + s.Ledger),
        NotCovered = [.. reports.Where(static r => r.State != ProcessReport.Active).Select(static r => new MissingContributor
        {
            Process = r.Process, State = r.State == ProcessReport.Mute ? MissingContributorState.Silent : MissingContributorState.Gone,
        })],
    };

    private List<WatchedShard> Shards(IReadOnlyList<ProcessReport> reports, double seconds)
    {
        var seen = new Dictionary<string, (string Process, ShardObservation Shard)>(StringComparer.Ordinal);
        foreach (var report in reports)
        {
            foreach (var shard in report.Shards)
                seen[shard.ShardId] = (report.Process, shard);
        }

        return [.. (_reading.Overview?.Shards ?? Known(seen.Values.Select(static by => by.Shard))).Select(s => seen.TryGetValue(s.ShardId, out var by)
            ? new WatchedShard(s, reports.Count > 1 ? by.Process : s.OwnerSilo, by.Shard, _rates.Next(by.Process, by.Shard, seconds))
            : new WatchedShard(s, s.OwnerSilo, null, default))];
    }

    /// <summary>The shards that the processes send by: where Kinesis was never listed here, as in an outage, nobody knows more.</summary>
    private IEnumerable<ShardStatus> Known(IEnumerable<ShardObservation> shards) => IsMissing ? [] : shards.OrderBy(static s => s.StartingHashKey).Select(
        static s => new ShardStatus { ShardId = s.ShardId, StartingHashKey = s.StartingHashKey, EndingHashKey = s.EndingHashKey, State = "open" });

    private byte[]? MapOf(WatchedStream watched)
    {
        // A stream that was there and is gone has a map too, without shards: readers would keep its former ones.
        if (_map is null && watched is { Overview: null, Shards.Count: 0 })
            return null;
        var map = string.Join('\n', watched.Shards.Select(static s => $"{s.Status.ShardId} {s.Status.State} {s.Owner}"));
        if (_map is not null && map == _mapOf)
            return _map;
        _mapOf = map;
        return _map = PulseText.Map(watched);
    }
}
