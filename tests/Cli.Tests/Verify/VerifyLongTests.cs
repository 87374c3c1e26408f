using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Cli.Tests.FirstHour;
using Orleans.Kpl.LocalKinesis;
using static Orleans.Kpl.PlantedStream;

namespace Orleans.Kpl.Cli.Tests.Verify;

/// <summary>Ten million records with planted faults: each is found and no other, within five minutes and 150 MiB, and a bar shows how far it is.</summary>
[Trait("Category", "Long")]
public sealed class VerifyLongTests
{
    private const int Shards = 16;
    private const int Lines = 32;
    private const int PerAggregate = 500;
    private const int PerLine = 312_500;

    [Fact]
    public async Task Verify_OfTenMillionRecords_FindsEachPlantedFault_InTimeAndMemory()
    {
        Assert.SkipWhen(PseudoTerminal.Obstacle is not null, PseudoTerminal.Obstacle ?? "");
        await using var server = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None });
        await server.Kinesis.CreateStreamAsync(Endpoint.Stream, Shards);
        var expected = await PlantAsync(server.Url);
        using var terminal = new PseudoTerminal();
        var begin = TimeProvider.System.GetTimestamp();
        await using var kpl = RunningProgram.StartFile(
            "/bin/bash",
            ["-c", $"exec \"$0\" \"$@\" 2> {terminal.Device}", RunningProgram.Kpl,
                "verify", "--endpoint", server.Url.ToString(), "--record-ttl", "1s", "--json"]);
        var output = kpl.Output.ReadToEndAsync(TestContext.Current.CancellationToken);

        var peak = 0L;
        await Testing.Waiting.UntilAsync(() => (peak = Math.Max(peak, PeakOf(kpl.Id))) > 0 && output.IsCompleted);
        var exitCode = await kpl.WaitAsync();
        var seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;

        var json = JsonDocument.Parse(await output).RootElement;
        var found = json.GetProperty("faults").EnumerateArray()
            .Select(static f => $"{f.GetProperty("fault")} {f.GetProperty("line")} {f.GetProperty("first")} {f.GetProperty("last")}").Order();
        Assert.Equal(expected.Order(), found);
        Assert.Equal(1, exitCode);
        Assert.InRange(json.GetProperty("records").GetInt64(), 9_990_000, 10_010_000);
        TestContext.Current.TestOutputHelper?.WriteLine($"{json.GetProperty("records")} records, {expected.Count} faults, {seconds:0.0} s, {peak >> 20} MiB");
        Assert.InRange(seconds, 0, 300);
        Assert.InRange(peak >> 20, 1, 150);
        Assert.Matches(@"\[#+\.+\] [0-9]+%  [0-9,]+/s  read [0-9,]+  [0-9]+:[0-9]+ left", terminal.Shown);
    }

    /// <summary>Puts the lines side by side, two in each shard. Every two hundredth aggregate has a fault.</summary>
    private static async Task<List<string>> PlantAsync(Uri url)
    {
        var random = new Random(1);
        List<string> faults = [];
        using var planted = new PlantedStream(url, Endpoint.Stream);
        var width = UInt128.MaxValue / Shards;
        var aggregates = PerLine / PerAggregate;
        for (var aggregate = 0; aggregate < aggregates; aggregate++)
        {
            List<Planted> runs = [];
            for (var line = 1; line <= Lines; line++)
            {
                var run = new Planted((long)aggregate * PerAggregate, PerAggregate, line, (width * (UInt128)(line % Shards)) + 1);
                var (from, count) = (random.Next(1, PerAggregate - 20), random.Next(1, 20));
                var (head, part) = (run with { Count = from }, run with { First = run.First + from, Count = count });
                var rest = run with { First = run.First + from + count, Count = PerAggregate - from - count };
                var kind = aggregate is 0 || aggregate == aggregates - 1 ? -1 : random.Next(600);
                runs.AddRange(kind switch { 0 => [head, rest], 1 => [run, part], 2 => [head, rest, part], _ => [run] });
                if (kind is >= 0 and < 3)
                {
                    var name = kind switch { 0 => "missing", 1 => "duplicate", _ => "out_of_order" };
                    faults.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {line} {part.First} {part.First + count - 1}"));
                }
            }

            await planted.PutAsync(runs);
        }

        return faults;
    }

    /// <summary>The most memory that a process ever had; 1 where it is gone.</summary>
    private static long PeakOf(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(static l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 1 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) << 10;
        }
        catch (IOException)
        {
            return 1;
        }
    }
}
