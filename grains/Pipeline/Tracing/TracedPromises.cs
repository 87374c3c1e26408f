using System.Diagnostics;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Tracing;

/// <summary>Promises that end the span of the put that is being accepted in this flow of control, where it has one.</summary>
internal sealed class TracedPromises : Promises
{
    public static TracedPromises Instance { get; } = new();

    public override SingleOutcome NewSingle(in AcceptanceTerms terms) => PutSpan.Current is { } span ? new TracedOutcome(terms, span) : base.NewSingle(terms);

    public override AcceptedOutcome NewAccepted(in AcceptanceTerms terms) =>
        PutSpan.Current is { } span ? new TracedAcceptance(terms, span) : base.NewAccepted(terms);

    public override BatchOutcome NewBatch(int count) => PutSpan.Current is { } span ? new TracedBatch(count, span) : base.NewBatch(count);

    private sealed class TracedOutcome(in AcceptanceTerms terms, PutSpan span) : SingleOutcome(terms), ITracedSink
    {
        public ActivityContext ActivityOf(int index) => span.Context;

        public override void Complete(int count)
        {
            span.End(Result);
            base.Complete(count);
        }
    }

    /// <summary>Its caller asked only for acceptance: the span has ended, calls link to it.</summary>
    private sealed class TracedAcceptance(in AcceptanceTerms terms, PutSpan span) : AcceptedOutcome(terms), ITracedSink
    {
        public ActivityContext ActivityOf(int index) => span.Context;
    }

    private sealed class TracedBatch(int count, PutSpan span) : BatchOutcome(count)
    {
        public override void End(int index, in RecordResult result)
        {
            span.Note(result);
            base.End(index, result);
        }

        public override OutcomeSink NewPart(int count, in AcceptanceTerms terms) => new TracedPart(this, count, terms, span);

        protected override void OnEnded() => span.End();
    }

    private sealed class TracedPart(BatchOutcome batch, int count, in AcceptanceTerms terms, PutSpan span) : BatchPart(batch, count, terms), ITracedSink
    {
        public ActivityContext ActivityOf(int index) => span.Context;

        public override void SetResult(int index, in RecordResult result)
        {
            span.Note(result);
            base.SetResult(index, result);
        }
    }
}

/// <summary>A sink that knows in which activities its records were put.</summary>
internal interface ITracedSink
{
    ActivityContext ActivityOf(int index);
}

/// <summary>Finds the activities of sinks.</summary>
internal static class TracedSinks
{
    /// <summary>The activity in which a record was put; default for none.</summary>
    public static ActivityContext ActivityOf(this OutcomeSink sink, int index) => (sink as ITracedSink)?.ActivityOf(index) ?? default;
}
