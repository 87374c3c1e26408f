using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>The connection is dropped before anything is applied.</summary>
public sealed record DropBeforeFault : Fault
{
    internal override void Before(FaultedCall call) => call.DropConnection();
}

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

/// <summary>A call is read and never answered; nothing is applied.</summary>
public sealed record HalfOpenFault : Fault
{
    internal override async Task BeforeAsync(FaultedCall call)
    {
        await call.ClientGoneAsync();
        call.End();
    }
}

/// <summary>The endpoint is gone: new connections are closed at once, old ones at their next request. It selects no calls.</summary>
public sealed record OutageFault : Fault
{
    internal override bool ActsBeforeBody => true;

    internal override IEnumerable<string> Check() => this == new OutageFault { Stream = Stream, For = For }
        ? [] : ["an outage meets every call: it knows no setting but for"];

    internal override void Before(FaultedCall call) => call.DropConnection();
}
