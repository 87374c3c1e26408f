using Orleans.Kpl.Threads.Scheduling;

namespace Orleans.Kpl.Threads.Tests;

public sealed class ScheduleTests
{
    private const int Schedules = 200;

    [Fact]
    public void Run_OfTwoThatTakeLocksInOppositeOrder_FindsThatBothWait()
    {
        var why = FirstFailure(static schedule =>
        {
            var (one, other) = (new Lock(), new Lock());
            schedule.Run(() => Both(one, other), () => Both(other, one));
        });
        Assert.Equal("all threads wait for each other", why);
    }

    [Fact]
    public void Run_OfCountersInOneStep_LosesNothing_AndWeakenedLosesSome()
    {
        Assert.Null(FirstFailure(static schedule => Count(schedule)));
        Assert.EndsWith(" instead of 4", FirstFailure(static schedule => Count(schedule), weakened: 0), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WhoseThreadsAllAwait_FindsThatNobodyGoesOn() =>
        Assert.Equal("all threads wait for each other", FirstFailure(static s => s.Run(() => s.Await(new TaskCompletionSource().Task))));

    [Fact]
    public void Run_OfAThreadThatNeverEnds_IsCutOff() => Assert.StartsWith("no end after", FirstFailure(static s => s.Run(
        () =>
        {
            while (true)
                s.Step();
        })));

    [Fact]
    public void Run_OfAThreadThatThrows_TellsWhat() => Assert.Equal(
        "thread 0 threw InvalidOperationException: no", FirstFailure(static s => s.Run(static () => throw new InvalidOperationException("no"))));

    private static void Count(Schedule schedule)
    {
        var sum = 0;
        void Twice()
        {
            Sync.Increment(ref sum, 0);
            Sync.Increment(ref sum, 0);
        }

        schedule.Run(Twice, Twice);
        ScheduleFailedException.Unless(sum == 4, $"{sum} instead of 4");
    }

    private static void Both(Lock first, Lock second)
    {
        using var one = Sync.EnterScope(first, 0);
        using var other = Sync.EnterScope(second, 0);
    }

    private static string? FirstFailure(Action<Schedule> scenario, int weakened = -1)
    {
        for (var seed = 1; seed <= Schedules; seed++)
        {
            try
            {
                scenario(new Schedule(seed, [true], weakened));
            }
            catch (ScheduleFailedException e)
            {
                return e.Message;
            }
        }

        return null;
    }
}
