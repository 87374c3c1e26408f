using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>For records whose caller asked for no more than acceptance: nobody waits for their ends.</summary>
internal sealed class AcceptedOutcome(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    /// <summary>What such a caller is told.</summary>
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
