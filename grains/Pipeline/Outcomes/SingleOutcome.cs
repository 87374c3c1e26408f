using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>The outcome sink of one record.</summary>
internal class SingleOutcome(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    // Continuations run asynchronously: a caller that blocks in one must not delay the outcomes of other records.
    private readonly TaskCompletionSource<RecordResult> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<RecordResult> Delivery => _promise.Task;

    /// <summary>The outcome, once it was set.</summary>
    protected RecordResult Result { get; private set; }

    /// <summary>Returns the sink of a record that is put in this flow of control.</summary>
    public static SingleOutcome For(in AcceptanceTerms terms) => PutSpan.Current is { } span ? new TracedOutcome(terms, span) : new SingleOutcome(terms);

    public override void SetResult(int index, in RecordResult result) => Result = result;

    public override void Complete(int count) => _promise.SetResult(Result);
}
