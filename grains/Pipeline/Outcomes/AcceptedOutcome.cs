using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>The sink of records whose caller asked only for acceptance: no caller waits for their outcomes.</summary>
internal class AcceptedOutcome(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    /// <summary>The result that such a caller receives.</summary>
    public static RecordResult Result { get; } = RecordResult.Acknowledged(RecordStatus.Accepted);

    public static Task<RecordResult> Delivery { get; } = Task.FromResult(Result);

    /// <summary>Returns the sink of records that are put in this flow of control.</summary>
    public static AcceptedOutcome For(in AcceptanceTerms terms) => PutSpan.Current is { } span ? new TracedAcceptance(terms, span) : new AcceptedOutcome(terms);

    public override void SetResult(int index, in RecordResult result)
    {
    }

    public override void SetFailed(int index, in RecordResult result) => result.LetGo();

    public override void Complete(int count)
    {
    }
}
