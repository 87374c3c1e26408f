using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>The outcome sink of one record whose put is traced.</summary>
internal sealed class TracedOutcome(in AcceptanceTerms terms, PutSpan span) : SingleOutcome(terms)
{
    public override PutSpan Span => span;

    public override void Complete(int count)
    {
        span.End(Result);
        base.Complete(count);
    }
}

/// <summary>The sink of records whose put is traced, and whose caller asked only for acceptance: the span has ended, calls link to it.</summary>
internal sealed class TracedAcceptance(in AcceptanceTerms terms, PutSpan span) : AcceptedOutcome(terms)
{
    public override PutSpan Span => span;
}

/// <summary>Records of a traced batch that were accepted at the same instant.</summary>
internal sealed class TracedPart(BatchOutcome batch, int count, in AcceptanceTerms terms, PutSpan span) : BatchPart(batch, count, terms)
{
    public override PutSpan Span => span;

    public override void SetResult(int index, in RecordResult result)
    {
        span.Note(result);
        base.SetResult(index, result);
    }
}
