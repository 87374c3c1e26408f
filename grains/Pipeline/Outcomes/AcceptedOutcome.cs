using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>The sink of records whose caller asked only for acceptance: no caller waits for their outcomes.</summary>
internal sealed class AcceptedOutcome(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    /// <summary>The result that such a caller receives.</summary>
    public static RecordResult Result { get; } = RecordResult.Acknowledged(RecordStatus.Accepted);

    public static Task<RecordResult> Delivery { get; } = Task.FromResult(Result);

    public override void SetResult(int index, in RecordResult result)
    {
    }

    public override void SetFailed(int index, in RecordResult result) => result.LetGo();

    public override void Complete(int count)
    {
    }
}
