using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Answering;

namespace Orleans.Kpl.Http.Watching;

/// <summary>
/// Looks at one stream once a second. Kinesis is asked for the shards every ten seconds, and every two while they change; the rest comes from the
/// tier's own processes. Not thread-safe.
/// </summary>
internal sealed class StreamWatch(string stream, IStreamAdmin admin, IBacklogAdmin? backlog, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan ListEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ListSoon = TimeSpan.FromSeconds(2);

    private readonly ShardRates _rates = new();
    private readonly CallLatency _latency = new(stream);
    private StreamOverview? _overview;
    private string? _trouble;
    private byte[]? _map;
    private string _mapOf = "";
    private long _listedAt;
    private long _lookedAt;

    /// <summary>Looks once.</summary>
    /// <param name="reports">What the processes tell of the stream.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<WatchFrame> LookAsync(IReadOnlyList<ProcessReport> reports, CancellationToken cancellationToken)
    {
        await ListIfDueAsync(reports, cancellationToken);
        var (ledger, waiting) = await BooksAsync(reports, cancellationToken);
        var now = time.GetTimestamp();
        var seconds = _lookedAt == 0 ? 0 : time.GetElapsedTime(_lookedAt, now).TotalSeconds;
        _lookedAt = now;
        var sights = new Dictionary<string, (string Process, ShardObservation Observation)>(StringComparer.Ordinal);
        foreach (var report in reports)
        {
            foreach (var sight in report.Shards)
                sights[sight.ShardId] = (report.Process, sight);
        }

        var map = MapOf(reports, sights);
        var pulse = Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("stream"u8, stream);
            json.WriteString("status"u8, _overview?.Status);
            json.WriteString("operation_id"u8, _overview?.OperationId);
            json.WriteString("trouble"u8, _trouble);
            json.WriteStartObject("ledger"u8);
            TierSummary.WriteLedger(json, ledger);
            json.WriteEndObject();
            WriteBacklog(json, waiting);
            WriteLatency(json);
            json.WriteNumber("oldest_seconds"u8, Math.Round(OldestOf(reports), 3));
            WriteShards(json, sights, seconds);
            json.WriteEndObject();
        });
        _rates.EndLook();
        return new WatchFrame(reports, map, pulse);
    }

    public void Dispose() => _latency.Dispose();

    /// <summary>Reads the shards where that is due: after a while, and soon where processes know other shards than Kinesis listed.</summary>
    private async Task ListIfDueAsync(IReadOnlyList<ProcessReport> reports, CancellationToken cancellationToken)
    {
        var changes = _overview is { OperationId: not null } or { Status: not "ACTIVE" } || (_overview is not null
            && reports.SelectMany(static r => r.Shards).Any(s => !_overview.Shards.Any(o => o.ShardId == s.ShardId)));
        if (_listedAt != 0 && time.GetElapsedTime(_listedAt) < (changes ? ListSoon : ListEvery))
            return;
        _listedAt = time.GetTimestamp();
        try
        {
            (_overview, _trouble) = (await admin.GetOverviewAsync(stream, cancellationToken), null);
        }
        catch (Exception e) when (e is StreamManagerException or RecordValidationException)
        {
            _trouble = e is StreamManagerException known ? $"{known.Code}: {known.Message}" : e.Message;
        }
    }

    /// <summary>Adds up the ledgers, and asks for the backlog. Where its store does not answer, what the processes count is told.</summary>
    private async Task<(StreamLedger Ledger, BacklogStatus? Waiting)> BooksAsync(IReadOnlyList<ProcessReport> reports, CancellationToken cancellationToken)
    {
        var counted = reports.SelectMany(static r => r.Streams).Where(s => s.Stream == stream)
            .Aggregate(default(StreamLedger), static (sum, s) => sum + s.Ledger);
        if (backlog is null || _overview is null)
            return (counted, null);
        try
        {
            return (await backlog.GetLedgerAsync(stream, cancellationToken), await backlog.GetBacklogAsync(stream, cancellationToken));
        }
        catch (Exception e) when (e is StreamManagerException or NotSupportedException)
        {
            _trouble ??= e is StreamManagerException known ? $"{known.Code}: {known.Message}" : e.Message;
            return (counted, null);
        }
    }

    private double OldestOf(IReadOnlyList<ProcessReport> reports) =>
        reports.SelectMany(static r => r.Streams).Where(s => s.Stream == stream).Select(static s => s.OldestSeconds).DefaultIfEmpty().Max();

    private byte[]? MapOf(IReadOnlyList<ProcessReport> reports, Dictionary<string, (string Process, ShardObservation Observation)> sights)
    {
        if (_overview is null)
            return null;
        var map = string.Join('\n', _overview.Shards.Select(s => $"{s.ShardId} {s.State} {OwnerOf(s)}"));
        if (_map is not null && map == _mapOf)
            return _map;
        _mapOf = map;
        return _map = Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("stream"u8, stream);
            json.WriteStartArray("shards"u8);
            foreach (var shard in _overview.Shards)
            {
                json.WriteStartObject();
                json.WriteString("id"u8, shard.ShardId);
                json.WriteString("from"u8, shard.StartingHashKey.ToString(CultureInfo.InvariantCulture));
                json.WriteString("to"u8, shard.EndingHashKey.ToString(CultureInfo.InvariantCulture));
                json.WriteString("state"u8, shard.State);
                json.WriteString("owner"u8, OwnerOf(shard));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });

        string? OwnerOf(ShardStatus shard) => sights.TryGetValue(shard.ShardId, out var seen) && reports.Count > 1 ? seen.Process : shard.OwnerSilo;
    }

    private static void WriteBacklog(Utf8JsonWriter json, BacklogStatus? waiting)
    {
        if (waiting is null)
        {
            json.WriteNull("backlog"u8);
            return;
        }

        json.WritePropertyName("backlog"u8);
        JsonSerializer.Serialize(json, waiting, AdminJson.Default.BacklogStatus);
    }

    /// <summary>Only calls of this process are measured: the others have metrics of their own.</summary>
    private void WriteLatency(Utf8JsonWriter json)
    {
        if (_latency.Take() is not { } calls)
        {
            json.WriteNull("calls"u8);
            return;
        }

        json.WriteStartObject("calls"u8);
        json.WriteNumber("count"u8, calls.Calls);
        json.WriteNumber("p50_ms"u8, Math.Round(calls.P50, 2));
        json.WriteNumber("p99_ms"u8, Math.Round(calls.P99, 2));
        json.WriteEndObject();
    }

    /// <summary>Writes a column for each number, in the order of the map: utilisation and bucket in thousandths, the others a second.</summary>
    private void WriteShards(Utf8JsonWriter json, Dictionary<string, (string Process, ShardObservation Observation)> sights, double seconds)
    {
        var shards = _overview?.Shards ?? [];
        var rows = shards.Select(s => sights.TryGetValue(s.ShardId, out var seen)
            ? (Rate: _rates.Next(seen.Process, seen.Observation, seconds), Observation: seen.Observation)
            : (Rate: default, Observation: null)).ToList();
        Column("utilisation"u8, static r => (long)Math.Round(r.Rate.Utilisation * 1_000));
        Column("throttled"u8, static r => (long)Math.Ceiling(r.Rate.Throttled));
        Column("records"u8, static r => (long)Math.Round(r.Rate.Records));
        Column("bytes"u8, static r => (long)Math.Round(r.Rate.Bytes));
        Column("bucket"u8, static r => (long)Math.Round((r.Observation?.Bucket ?? 1) * 1_000));
        Column("foreign"u8, static r => (long)Math.Round((r.Observation?.ForeignShare ?? 0) * 1_000));

        void Column(ReadOnlySpan<byte> name, Func<(ShardRate Rate, ShardObservation? Observation), long> value)
        {
            json.WriteStartArray(name);
            foreach (var row in rows)
                json.WriteNumberValue(value(row));
            json.WriteEndArray();
        }
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(1_024);
        using (var json = new Utf8JsonWriter(bytes, AnswerBuffer.Json))
            write(json);
        return bytes.WrittenSpan.ToArray();
    }
}
