using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A store whose logs have used five write units each.</summary>
internal sealed class UnitStore(IBacklogStore store) : DelegatingBacklogStore(store)
{
    protected override ISegmentLog Wrap(ISegmentLog log) => new Log(log);

    private sealed class Log(ISegmentLog log) : DelegatingSegmentLog(log)
    {
        public override double WriteUnits => 5;
    }
}
