using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>The call is applied, then the connection is dropped without an answer.</summary>
public sealed record DropAfterFault : Fault
{
    internal override RecordMarks Marks => RecordMarks.AnswerLost;

    internal override Task AfterAsync(FaultedCall call)
    {
        call.DropConnection();
        return Task.CompletedTask;
    }
}
