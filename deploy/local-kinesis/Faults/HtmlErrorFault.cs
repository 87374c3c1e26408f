using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>A proxy answers in HTML in the service's place; nothing is applied.</summary>
public sealed record HtmlErrorFault : Fault
{
    /// <summary>The status. Default: 503.</summary>
    public int Status { get; init; } = 503;

    internal override Task BeforeAsync(FaultedCall call) => call.AnswerAsync(Status, "text/html",
        $"<html><head><title>{Status}</title></head><body><h1>{Status} Service Temporarily Unavailable</h1></body></html>");

    internal override IEnumerable<string> Check() =>
        Status is >= 400 and <= 599 ? base.Check() : [.. base.Check(), "status must be 400 to 599"];
}
