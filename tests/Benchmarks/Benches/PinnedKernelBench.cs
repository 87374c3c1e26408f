using Orleans.Kpl.Benchmarks.Kernel;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>The bench <c>kernel</c> in a process that is kept on one processor.</summary>
internal static class PinnedKernelBench
{
    public const string Verb = "kernel-run";

    private const int Runs = 5;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var process = ChildProcess.Start(Affinity.ProducerProcessors, Verb, $"{arguments.Runs ?? Runs}");
        var found = await process.ReadAsync<KernelFigures>();
        return new Figures()
            .Add("ns_100", found.Ns100)
            .Add("ns_1024", found.Ns1024)
            .Add("scalar_ns_100", found.ScalarNs100)
            .Add("scalar_ns_1024", found.ScalarNs1024)
            .Add("md5_key_ns", found.Md5KeyNs)
            .Add("bytes_allocated_per_record", found.BytesAllocatedPerRecord)
            .Add("read_ns_100", found.ReadNs100)
            .Add("read_ns_1024", found.ReadNs1024)
            .Add("read_range_ns_100", found.ReadRangeNs100)
            .Add("read_range_ns_1024", found.ReadRangeNs1024)
            .Add("read_all_ns_100", found.ReadAllNs100)
            .Add("read_all_ns_1024", found.ReadAllNs1024)
            .Add("read_all_ratio_100", found.ReadAllNs100 / found.Ns100)
            .Add("read_all_ratio_1024", found.ReadAllNs1024 / found.Ns1024)
            .Add("bytes_allocated_per_member_read", found.BytesAllocatedPerMemberRead);
    }

    public static void RunInProcess(string runs) => ChildProcess.Tell(KernelBench.Run(int.Parse(runs)));
}
