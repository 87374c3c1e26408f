using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>An inbox whose stream stays open.</summary>
internal sealed class OpenInbox(StreamPipeline stream, OutcomeOutbox outcomes, MemoryLimits memory)
{
    private readonly Inbox _inbox = new(outcomes);

    public OutcomeOutbox Outcomes => outcomes;

    public bool TryTake(RecordsFrame frame) => _inbox.TryTake(stream, memory, frame);
}
