using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>The connection is reset in the middle of a request, of which nothing is applied.</summary>
public sealed record ResetFault : Fault
{
    /// <summary>Whether it is reset in the middle of the answer instead, when everything was applied. Default: false.</summary>
    public bool InAnswer { get; init; }

    internal override bool ActsBeforeBody => !InAnswer;

    internal override RecordMarks Marks => InAnswer ? RecordMarks.AnswerLost : RecordMarks.None;

    internal override async Task BeforeAsync(FaultedCall call)
    {
        if (InAnswer) return;
        await call.ReadHalfOfRequestAsync();
        call.DropConnection();
    }

    internal override async Task AfterAsync(FaultedCall call)
    {
        if (!InAnswer) return;
        await call.SendHalfOfAnswerAsync();
        call.DropConnection();
    }
}
