using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>The outcome sink of one record.</summary>
internal sealed class SingleOutcome(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    // Continuations run asynchronously: a caller that blocks in one must not delay the outcomes of other records.
    private readonly TaskCompletionSource<RecordResult> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RecordResult _result;

    public Task<RecordResult> Delivery => _promise.Task;

    public override void SetResult(int index, in RecordResult result) => _result = result;

    public override void Complete(int count) => _promise.SetResult(_result);
}
