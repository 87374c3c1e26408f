using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Silos.Tests.Management;

namespace Orleans.Kpl.Silos.Tests.Backlog;

/// <summary>Dead letters that a stream's manager is told of, and does not answer.</summary>
public sealed class ClusterDeadLettersTests
{
    /// <summary>The call to a manager whose silo is lost fails later than this silo stops: it left a failure that nobody observed.</summary>
    [Fact]
    public async Task AReport_ThatFailsAfterTheStop_LeavesNoFailureUnobserved()
    {
        const string gone = "the silo of the manager was lost after the stop";

        Assert.DoesNotContain(gone, await UnobservedFailures.OfAsync(StopAsync));

        static async Task StopAsync()
        {
            var managers = new Managers();
            var letters = new ClusterDeadLetters("events", managers, static () => "silo", Guid.NewGuid, new FakeTimeProvider());
            using var stop = new CancellationTokenSource();
            var reporting = letters.AddAsync([], stop.Token);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reporting.WaitAsync(Waiting.Long));
            managers.Answer.SetException(new TimeoutException(gone));
        }
    }

    private sealed class Managers : FakeManagers
    {
        public TaskCompletionSource Answer { get; } = new();

        public override Task SetAsideAsync(string stream, DeadLetterBatch report) => Answer.Task;
    }
}
