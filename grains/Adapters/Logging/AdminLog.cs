using Microsoft.Extensions.Logging;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Adapters.Logging;

/// <summary>Reshards in the log.</summary>
internal sealed partial class AdminLog(ILogger logger) : IAdminEvents
{
    [LoggerMessage(30, LogLevel.Information, "{Stream}: operation {OperationId} runs: {Reason}")]
    public partial void OperationRuns(string stream, string operationId, string reason);

    [LoggerMessage(31, LogLevel.Information, "{Stream}: operation {OperationId} ended, {State}: {Reason}")]
    public partial void OperationEnded(string stream, string operationId, OperationState state, string reason);

    [LoggerMessage(32, LogLevel.Information, "{Stream}: operation {OperationId} is run by another manager of the stream")]
    public partial void OperationTaken(string stream, string operationId);

    public void Troubled(string stream, string doing, Exception error) => LogTroubled(error, stream, doing);

    [LoggerMessage(34, LogLevel.Information, "{Stream}: the policy decided: {Decision}")]
    public partial void Decided(string stream, string decision);

    [LoggerMessage(33, LogLevel.Warning, "{Stream}: {Doing} did not work")]
    private partial void LogTroubled(Exception error, string stream, string doing);
}
