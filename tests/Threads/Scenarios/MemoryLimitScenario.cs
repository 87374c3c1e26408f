using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Threads.Scheduling;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>
/// Two streams of a process reserve and release, wait, give up, charge and close: memory in use never exceeds a limit, at the end nothing is reserved,
/// nobody waits in vain, and a process knows how many streams it has.
/// </summary>
internal sealed class MemoryLimitScenario() : Scenario("MemoryLimit", "MemoryLimit", "FairMemory", "QueuedCaller")
{
    private const int OfStream = 6;
    private const int OfProcess = 8;

    /// <summary>What comes over a front.</summary>
    private static readonly PutOptions Shared = new() { Identity = "a" };

    public override void Run(Schedule schedule)
    {
        var process = new FairMemory(OfProcess, OfProcess);
        var limits = new MemoryLimit[2];
        var (inUse, isClosed) = (new long[2], new bool[2]);
        using var givesUp = new CancellationTokenSource();

        void Open(int stream) => limits[stream] = new FairMemory(OfStream, OfStream, process);

        void Use(int stream, int bytes, string? identity, CancellationToken cancellationToken)
        {
            var put = identity is null ? null : new PutOptions { Identity = identity };
            var reserving = limits[stream].ReserveAsync(bytes, bytes, put, cancellationToken).AsTask();
            schedule.Await(reserving);
            if (reserving.IsFaulted)
            {
                ScheduleFailedException.Unless(
                    reserving.Exception.InnerException is ObjectDisposedException && isClosed[stream], "turned away without being closed");
            }

            if (reserving.IsCompletedSuccessfully)
                Have(stream, bytes);
        }

        void Try(int stream, int bytes)
        {
            if (limits[stream].TryReserve(bytes, bytes))
                Have(stream, bytes);
        }

        void Have(int stream, int bytes)
        {
            inUse[stream] += bytes;
            ScheduleFailedException.Unless(inUse[stream] <= OfStream && inUse[0] + inUse[1] <= OfProcess, $"{inUse[0]} and {inUse[1]} are in use");
            schedule.Step();
            inUse[stream] -= bytes;
            limits[stream].Release(bytes, bytes);
        }

        void Close(int stream)
        {
            isClosed[stream] = true;
            limits[stream].Close("closed");
        }

        schedule.Run(() => Open(0), () => Open(1));
        limits[0].Charge(1, 1);
        ScheduleFailedException.Unless(!limits[0].TryReserve(OfProcess / 2, 1, Shared), "a stream beside another has more than half");
        limits[0].Release(1, 1);
        schedule.Run(() => Use(0, 4, "a", default), () => Use(0, 3, "a", givesUp.Token), () => Use(1, 4, null, default), () => Try(1, 5), givesUp.Cancel,
            () => Charge(schedule, limits[0]));
        Nothing(process, limits);
        schedule.Run(() => Use(0, 5, null, default), () => Use(0, 3, null, default), () => Close(0), () => Close(1), () => Try(1, 2));
        Nothing(process, limits);
        Reopened(process);
    }

    /// <summary>What is charged may exceed the limits.</summary>
    private static void Charge(Schedule schedule, MemoryLimit stream)
    {
        stream.Charge(1, 1);
        schedule.Step();
        stream.Release(1, 1);
    }

    private static void Nothing(MemoryLimit process, MemoryLimit[] limits)
    {
        foreach (var limit in (MemoryLimit[])[process, .. limits])
        {
            ScheduleFailedException.Unless(limit.Bytes == 0 && limit.Records == 0, $"{limit.Bytes} bytes and {limit.Records} records are left");
            ScheduleFailedException.Unless(!limit.HasWaiters, "somebody is left in line");
        }
    }

    /// <summary>A stream that is alone after others closed may have all of the process' memory.</summary>
    private static void Reopened(FairMemory process)
    {
        var alone = new FairMemory(OfProcess, OfProcess, process);
        ScheduleFailedException.Unless(alone.TryReserve(OfProcess - 1, 1, Shared) && alone.TryReserve(1, 1, Shared),
            "a stream that is alone does not have all");
    }
}
