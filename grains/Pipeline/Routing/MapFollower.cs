using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>
/// Puts shard maps in force as they are read. A stream is its name and when it was created: one that was made again under the
/// same name numbers its shards from 0 again, so what was remembered of the former one would mislead. The creation time costs a
/// rationed call; it is asked for again only where a map looks as if the stream were another one.
/// </summary>
internal sealed class MapFollower : IMapObserver
{
    /// <summary>
    /// ListShards lags behind by seconds. A map that goes back in time for longer than this is believed, where nobody says when the
    /// stream was created.
    /// </summary>
    private const long LongestLag = 30 * TimeSpan.TicksPerSecond;

    private readonly string _stream;
    private readonly ShardTopology _topology;
    private readonly RecordLimit _limit;
    private readonly IPipelineEvents _events;
    private readonly MonotonicClock _clock;
    private readonly Action<ShardEngine> _retire;
    private readonly Action<IReadOnlyList<ShardEngine>, string> _gone;
    private long _olderSince = long.MaxValue;
    private volatile bool _isOtherStream;
    private bool _askedForLimit;
    private volatile StreamSummary? _summary;

    /// <param name="stream">The stream's name, for events.</param>
    /// <param name="topology">What the maps are put in force in.</param>
    /// <param name="limit">Knows the stream's record limit and creation time.</param>
    /// <param name="events">Hears of maps.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="retire">Takes an engine out of service; what it held is routed anew.</param>
    /// <param name="gone">The stream is gone: what these engines held fails.</param>
    public MapFollower(
        string stream, ShardTopology topology, RecordLimit limit, IPipelineEvents events, MonotonicClock clock,
        Action<ShardEngine> retire, Action<IReadOnlyList<ShardEngine>, string> gone)
    {
        _stream = stream;
        _topology = topology;
        _limit = limit;
        _events = events;
        _clock = clock;
        _retire = retire;
        _gone = gone;
    }

    public bool MapLoaded(IReadOnlyList<ShardRange> openShards)
    {
        var news = _topology.Compare(openShards);
        if (news == MapNews.Older && !_isOtherStream)
        {
            if (_olderSince == long.MaxValue)
            {
                _olderSince = _clock.Now;
                _ = _limit.LearnAgainAsync(_olderSince);
            }

            if (_clock.Now - _olderSince < LongestLag)
                return false;
        }

        var isOther = news is MapNews.OtherStream or MapNews.Older;
        _isOtherStream = false;
        _olderSince = long.MaxValue;
        if (isOther)
            _summary = null;

        var retired = _topology.Apply(openShards, _summary?.CreationTime ?? default, keepEngines: !isOther, out var routes);
        foreach (var engine in retired)
            _retire(engine);
        _events.ShardMapLoaded(_stream, routes.Map.Version, routes.Map.Count);
        if (!_askedForLimit)
            _limit.LearnSoon();
        else if (isOther || news == MapNews.Doubtful)
            _ = _limit.LearnAgainAsync(_clock.Now);
        _askedForLimit = true;
        return true;
    }

    public void StreamMissing(string message)
    {
        _askedForLimit = false;
        _summary = null;
        _limit.Forget();
        _gone(_topology.Forget(), message);
    }

    public void MapUnavailable()
    {
        foreach (var engine in _topology.GoUnpredicted())
            _retire(engine);
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
