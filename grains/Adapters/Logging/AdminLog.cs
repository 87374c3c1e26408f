using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Adapters.Logging;

/// <summary>Reshards in the log, and their ends in the metrics.</summary>
/// <param name="instruments">Returns the metrics of the producer here, which is made later than this; null where nobody measures.</param>
internal sealed partial class AdminLog(ILogger logger, Func<KplInstruments>? instruments = null) : IAdminEvents
{
    [LoggerMessage(43, LogLevel.Information, "{Stream}: operation {OperationId} runs: {Reason}")]
    public partial void OperationRuns(string stream, string operationId, string reason);

    public void OperationEnded(string stream, string operationId, OperationState state, string reason)
    {
        instruments?.Invoke().Resharded(stream, state);
        LogEnded(stream, operationId, state, reason);
    }

    [LoggerMessage(45, LogLevel.Information, "{Stream}: operation {OperationId} is run by another manager of the stream")]
    public partial void OperationTaken(string stream, string operationId);

    /// <remarks>A service that is away, or refuses, is no defect here: a stack trace would tell nothing, once a minute for as long as it lasts.</remarks>
    public void Troubled(string stream, string doing, Exception error)
    {
        if (error is KinesisException refused)
            LogRefused(stream, doing, refused.Code, refused.Message);
        else if (error is StateStoreException)
            LogRefused(stream, doing, StreamManagerErrorCodes.StateUnavailable, error.Message);
        else
            LogTroubled(error, stream, doing);
    }

    [LoggerMessage(34, LogLevel.Information, "{Stream}: the policy decided: {Decision}")]
    public partial void Decided(string stream, string decision);

    [LoggerMessage(44, LogLevel.Information, "{Stream}: operation {OperationId} ended, {State}: {Reason}")]
    private partial void LogEnded(string stream, string operationId, OperationState state, string reason);

    [LoggerMessage(35, LogLevel.Warning, "{Stream}: {Doing} did not work: {Code}: {Reason}")]
    private partial void LogRefused(string stream, string doing, string code, string reason);

    [LoggerMessage(33, LogLevel.Warning, "{Stream}: {Doing} did not work")]
    private partial void LogTroubled(Exception error, string stream, string doing);
}
