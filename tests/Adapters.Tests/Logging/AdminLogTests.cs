using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Adapters.Tests.Logging;

public class AdminLogTests
{
    /// <summary>A policy wrote a stack trace a minute while Kinesis was away. What nobody expects has its trace still.</summary>
    [Fact]
    public void Troubled_WhileAServiceIsAway_WroteAStackTrace()
    {
        var captured = new CapturedLog();
        var log = new AdminLog(captured);
        log.Troubled("events", "asking its policy", new KinesisException(KinesisFailureKind.NotSent, "ConnectionFailed", "connection refused"));
        log.Troubled("events", "asking its policy", new StateStoreException("the table is away"));
        log.Troubled("events", "asking its policy", new InvalidOperationException("x"));
        Assert.Equal(
            [
                (LogLevel.Warning, "events: asking its policy did not work: ConnectionFailed: connection refused", false),
                (LogLevel.Warning, "events: asking its policy did not work: StateUnavailable: the table is away", false),
                (LogLevel.Warning, "events: asking its policy did not work", true),
            ],
            captured.Entries.Select(static e => (e.Level, e.Line, e.Exception is not null)));
    }
}
