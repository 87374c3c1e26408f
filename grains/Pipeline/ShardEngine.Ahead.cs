using Orleans.Kpl.Pipeline.Accepting;

namespace Orleans.Kpl.Pipeline;

/// <summary>What a record will touch here, asked for link by link before it comes (<see cref="EnginesAhead"/>). Hints only: no lock is taken.</summary>
internal partial class ShardEngine
{
    // About what the fields take.
    private const int OwnBytes = 320;

    public void Soon() => CacheHint.Soon(this, OwnBytes);

    /// <summary>Needs the engine itself.</summary>
    public void SoonAggregate()
    {
        CacheHint.Soon(_gate);
        CacheHint.Soon(_open.Likely, OpenAggregate.OwnBytes);
    }

    /// <summary>Needs the aggregate.</summary>
    public void SoonPlace() => _open.Likely.Soon();
}
