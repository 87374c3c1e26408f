using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>
/// Puts shard maps in force as they are read. A stream is its name and when it was created: one that was made again under the
/// same name numbers its shards from 0 again, so what was remembered of the former one would mislead. The creation time costs a
/// rationed call; it is asked for again only where a map looks as if the stream were another one.
/// </summary>
internal sealed class ShardMapApplier
{
    /// <summary>
    /// ListShards lags behind by seconds. A map that goes back in time for longer than this is believed, where nobody says when the
    /// stream was created.
    /// </summary>
    private const long LongestLag = 30 * TimeSpan.TicksPerSecond;

    private readonly string _stream;
    private readonly PipelineSettings _settings;
    private readonly ShardTopology _topology;
    private readonly EngineHost _engines;
    private readonly RecordLimit _limit;
    private readonly RecordCompleter _completer;
    private readonly IPipelineEvents _events;
    private readonly MonotonicClock _clock;
    private long _olderSince = long.MaxValue;
    private volatile bool _isOtherStream;
    private bool _askedForLimit;
    private volatile StreamSummary? _summary;
    private string _missing = "";

    /// <param name="stream">The stream's name, for events.</param>
    /// <param name="settings">Has the stream's record limit.</param>
    /// <param name="topology">What the maps are put in force in.</param>
    /// <param name="engines">Retires the engines of shards that are no more.</param>
    /// <param name="limit">Knows the stream's record limit and creation time.</param>
    /// <param name="completer">Ends the records of a stream that does not exist.</param>
    /// <param name="events">Hears of maps.</param>
    /// <param name="clock">The clock.</param>
    public ShardMapApplier(
        string stream, PipelineSettings settings, ShardTopology topology, EngineHost engines, RecordLimit limit, RecordCompleter completer,
        IPipelineEvents events, MonotonicClock clock)
    {
        _stream = stream;
        _settings = settings;
        _topology = topology;
        _engines = engines;
        _limit = limit;
        _completer = completer;
        _events = events;
        _clock = clock;
    }

    /// <summary>A map was read.</summary>
    /// <returns>False when the listing lags behind what is known already, so that it must be read again.</returns>
    public bool MapLoaded(IReadOnlyList<ShardRange> openShards)
    {
        var news = _topology.Compare(openShards);
        if (news == ShardMapChange.Older && !_isOtherStream)
        {
            if (_olderSince == long.MaxValue)
            {
                _olderSince = _clock.Now;
                _ = _limit.LearnAgainAsync(_olderSince);
            }

            if (_clock.Now - _olderSince < LongestLag)
                return false;
        }

        var isOther = news is ShardMapChange.OtherStream or ShardMapChange.Older;
        _isOtherStream = false;
        _olderSince = long.MaxValue;
        if (isOther)
            _summary = null;

        var retired = _topology.Apply(openShards, _summary?.CreationTime ?? default, keepEngines: !isOther, out var routes);
        foreach (var engine in retired)
            _engines.Retire(engine);
        _events.ShardMapLoaded(_stream, routes.Map.Version, routes.Map.Count);
        if (!_askedForLimit)
            _limit.LearnSoon();
        else if (isOther || news == ShardMapChange.Doubtful)
            _ = _limit.LearnAgainAsync(_clock.Now);
        _askedForLimit = true;
        return true;
    }

    /// <summary>Kinesis does not know the stream: every record that waits for one of its shards, or for its map, ends.</summary>
    public void StreamMissing(string message)
    {
        _askedForLimit = false;
        _summary = null;
        _limit.Forget();
        var gone = _topology.Forget();
        _missing = message;
        _settings.SetMaxRecordBytes(PipelineSettings.DefaultMaxRecordBytes);
        foreach (var record in gone.SelectMany(static e => e.Retire()))
            _completer.Fail(record, RecordErrorCodes.ResourceNotFound, message);
        FailWaiting();
    }

    /// <summary>The stream still does not exist: what waits for its map ends.</summary>
    public void FailWaiting()
    {
        if (_topology.Current.Fallback is not { Kind: EngineKind.AwaitingMap } held)
            return;
        foreach (var record in held.TakeAll())
            _completer.Fail(record, RecordErrorCodes.ResourceNotFound, _missing);
    }

    /// <summary>No map can be had for now: records travel alone.</summary>
    public void MapUnavailable()
    {
        foreach (var engine in _topology.GoUnpredicted())
            _engines.Retire(engine);
    }

    /// <summary>The stream told about itself.</summary>
    /// <returns>Whether it is another one than before, so that its map must be read again.</returns>
    public bool Learned(StreamSummary summary)
    {
        var isOther = _summary is { } former && summary.CreationTime != former.CreationTime;
        _summary = summary;
        if (!isOther)
            return false;
        _topology.ForgetRanges();
        _isOtherStream = true;
        return true;
    }
}
