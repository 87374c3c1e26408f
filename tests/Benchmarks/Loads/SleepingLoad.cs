using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>A process that only sleeps, a millisecond at a time: how late it wakes up is what the machine adds to any latency.</summary>
internal static class SleepingLoad
{
    public const string Verb = "sleeping-load";

    /// <summary>Answered with the lateness in milliseconds that one in a thousand sleeps exceeded.</summary>
    public const string Tell = "tell";

    public static async Task RunAsync()
    {
        var late = new List<double>();
        var isOver = false;
        var sleeper = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                var start = Stopwatch.GetTimestamp();
                Thread.Sleep(1);
                late.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds - 1);
            }
        });
        sleeper.Start();
        await ChildProcess.ServeAsync(_ =>
        {
            Volatile.Write(ref isOver, true);
            sleeper.Join();
            late.Sort();
            return Task.FromResult<object>(late[(int)(late.Count * 0.999)]);
        });
        Volatile.Write(ref isOver, true);
    }
}
