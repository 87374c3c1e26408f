using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Maps.Following;

/// <summary>
/// Puts newly read shard maps in force. A stream is identified by its name and creation time: one that was created again under the same name restarts
/// shard numbers at 0, so data about the former stream would mislead. Reading the creation time costs a rate-limited call, which is repeated only
/// where a map suggests another stream.
/// </summary>
/// <param name="completer">Fails the records of a stream that does not exist.</param>
internal sealed class ShardMapApplier(
    string stream, PipelineSettings settings, ShardTopology topology, EngineHost engines, RecordLimit limit, RecordCompleter completer,
    IPipelineEvents events, MonotonicClock clock)
{
    /// <summary>
    /// How long an older map is attributed to the lag of ListShards, which is normally a few seconds. A map that stays older for longer is believed,
    /// where the creation time of the stream is not known.
    /// </summary>
    private const long LongestLag = 30 * TimeSpan.TicksPerSecond;

    private long _olderSince = long.MaxValue;
    private volatile bool _isOtherStream;
    private bool _askedForLimit;
    private volatile StreamSummary? _summary;

    /// <summary>Whether a map is in force.</summary>
    public bool HasMap => topology.Current.Map.Count > 0;

    /// <summary>Applies a map that was read.</summary>
    /// <returns>False when the listing lags behind what is already known, or records wait for what it does not show, so that it must be read again.</returns>
    public bool MapLoaded(IReadOnlyList<ShardRange> openShards)
    {
        var news = topology.Compare(openShards);
        if (news == ShardMapChange.Older && !_isOtherStream)
        {
            if (_olderSince == long.MaxValue)
            {
                _olderSince = clock.Now;
                _ = limit.LearnAgainAsync(_olderSince);
            }

            if (clock.Now - _olderSince < LongestLag)
                return false;
        }

        var isOther = news is ShardMapChange.OtherStream or ShardMapChange.Older;
        _isOtherStream = false;
        _olderSince = long.MaxValue;
        if (isOther)
            _summary = null;

        var former = topology.Current.Map;
        var retired = topology.Apply(openShards, keepEngines: !isOther, out var routes);
        foreach (var engine in retired)
            engines.Retire(engine);
        if (!isOther && routes.Map.HasShardsOf(former))
            events.ShardMapConfirmed(stream, routes.Map.Version, routes.Map.Count);
        else
            events.ShardMapLoaded(stream, routes.Map.Version, routes.Map.Count);
        if (!_askedForLimit)
            limit.LearnSoon();
        else if (isOther || news == ShardMapChange.Doubtful)
            _ = limit.LearnAgainAsync(clock.Now);
        _askedForLimit = true;
        return routes.Fallback is not { Kind: EngineKind.AwaitingMap };
    }

    /// <summary>Fails every record that waits for a shard or for the map, because Kinesis does not know the stream.</summary>
    public void StreamMissing(string message)
    {
        _askedForLimit = false;
        _summary = null;
        limit.Forget();
        var gone = topology.Forget();
        settings.SetMaxRecordBytes(PipelineSettings.DefaultMaxRecordBytes);
        foreach (var record in gone.SelectMany(static e => e.Retire()))
            completer.Fail(record, RecordErrorCodes.ResourceNotFound, message);
        FailWaiting(message);
    }

    /// <summary>Fails the records that wait for the map, because the stream still does not exist.</summary>
    public void FailWaiting(string message)
    {
        if (topology.Current.Fallback is not { Kind: EngineKind.AwaitingMap } held)
            return;
        foreach (var record in held.TakeAll())
            completer.Fail(record, RecordErrorCodes.ResourceNotFound, message);
    }

    /// <summary>
    /// Has records travel alone, because no map can be read for now. In a cluster, those of an ordered stream wait for the map, unless nobody may read it:
    /// then each process sends what it accepted.
    /// </summary>
    /// <param name="isDenied">Whether reading it is denied.</param>
    public void MapUnavailable(bool isDenied)
    {
        if (!isDenied && !engines.MayGoUnpredicted)
            return;
        foreach (var engine in topology.GoUnpredicted())
            engines.Retire(engine);
    }

    /// <summary>Applies the stream's summary.</summary>
    /// <returns>Whether the stream is another one than before, so that its map must be read again.</returns>
    public bool Learned(StreamSummary summary)
    {
        var isOther = _summary is { } former && summary.CreationTime != former.CreationTime;
        _summary = summary;
        if (!isOther)
            return false;
        topology.ForgetRanges();
        _isOtherStream = true;
        return true;
    }
}

/// <summary>How a newly read shard map relates to earlier ones.</summary>
internal enum ShardMapChange
{
    /// <summary>The stream is the known one, perhaps after reshards.</summary>
    SameStream,

    /// <summary>
    /// A known shard appears with another range or another first sequence number, which never happens to a shard: the stream was deleted and created
    /// again.
    /// </summary>
    OtherStream,

    /// <summary>In the range of a known open shard only older shards are listed: the listing lags behind, or the stream was created again.</summary>
    Older,

    /// <summary>A shard that was never seen has a lower number than shards that were seen: the stream may be another one.</summary>
    Doubtful,
}
