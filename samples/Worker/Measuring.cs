using Orleans.Kpl;

namespace Samples.Worker;

/// <summary>Puts a measurement each second, and does not wait for its delivery.</summary>
internal sealed partial class Measuring(IKplProducer producer, ILogger<Measuring> log) : BackgroundService
{
    private readonly string _machine = Environment.MachineName;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Every record that was accepted and is not delivered is told here, with its reason, whoever waits for it. With HighWaterMode=Drop
        // one that is dropped was not accepted: the result of EnqueueAsync alone tells it.
        producer.RecordFailed += failure => LogFailed(log, failure.Result.ErrorCode, failure.Result.ErrorMessage);
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        do
        {
            // Returns when the record is in memory. Where memory is full it waits: nothing grows without end.
            string text = $"{DateTimeOffset.UtcNow:O} {GC.GetTotalMemory(forceFullCollection: false)}";
            await producer.EnqueueAsync("measurements", UserRecord.FromText(_machine, text), cancellationToken: stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A measurement failed, or what became of it is unknown: {Code} {Message}")]
    private static partial void LogFailed(ILogger log, string? code, string? message);
}
