using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Samples.Tests;

/// <summary>
/// Programs as native code (<c>PublishAot</c>): nothing warns, they do what they did, and their first record is not later. Takes minutes, and the
/// packages of the native compiler, which NuGet brings, and a linker.
/// </summary>
[Trait("Category", "Long")]
public sealed class NativeTests(ITestOutputHelper output)
{
    private static readonly Regex Missing = new("NU110[123]|Platform linker .* not found|linker command failed", RegexOptions.CultureInvariant);
    private const int Turns = 7;

    [Fact]
    public async Task Command_PublishedAsNativeCode_PutsAsSoonAsTheJittedOne()
    {
        using var folder = new TemporaryFolder();
        var native = await PublishAsync(folder, "client/Cli/Orleans.Kpl.Cli.csproj", "kpl");
        await CompareAsync(
            native, Checkout.Built("Orleans.Kpl.Cli", "kpl"),
            static (url, file) => ["put", file, "--stream", "events", "--endpoint", url]);
    }

    [Fact]
    public async Task ConsoleSample_PublishedAsNativeCode_PutsAsSoonAsTheJittedOne()
    {
        using var folder = new TemporaryFolder();
        var native = await PublishAsync(folder, "samples/Console/Orleans.Kpl.Samples.Console.csproj", "Orleans.Kpl.Samples.Console");
        await CompareAsync(
            native, Checkout.Built("Orleans.Kpl.Samples.Console", "Orleans.Kpl.Samples.Console"), static (_, file) => ["events", "us-east-1", file]);
    }

    /// <summary>Publishes a program; the test is skipped where the compiler's packages or a linker cannot be had.</summary>
    private async Task<string> PublishAsync(TemporaryFolder folder, string project, string program)
    {
        var programs = Path.Combine(folder.Path, "programs");
        string[] arguments =
        [
            "publish", Path.Combine(Checkout.Root, project), "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-p:PublishAot=true",
            $"-p:ArtifactsPath={Path.Combine(folder.Path, "artifacts")}", "-o", programs, "-nologo",
        ];
        await using var publish = ServerProcess.Start("dotnet", arguments, Checkout.Root, ("DOTNET_CLI_UI_LANGUAGE", "en"), ("MSBUILDDISABLENODEREUSE", "1"));
        var (code, lines, _) = await publish.ExitAsync();
        var missing = lines.FirstOrDefault(static l => Missing.IsMatch(l));
        Assert.SkipUnless(missing is null, $"native code cannot be built here: {missing}");
        Assert.True(code == 0, string.Join('\n', lines));
        Assert.DoesNotContain(lines, static l => l.Contains("warning", StringComparison.OrdinalIgnoreCase));
        var path = Path.Combine(programs, program);
        output.WriteLine($"{program}: {new FileInfo(path).Length >> 20} MiB");
        return path;
    }

    /// <summary>Both programs put one line, in turns; the median of the native one must not be later.</summary>
    private async Task CompareAsync(string native, string jitted, Func<string, string, string[]> arguments)
    {
        await using var kinesis = await Testing.LocalKinesis.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await kinesis.CreateStreamAsync("events");
        using var folder = new TemporaryFolder();
        var file = folder.Write("line.txt", "one line\n");
        string[] programs = [native, jitted];
        var times = programs.Select(static _ => new List<TimeSpan>()).ToArray();
        for (var turn = 0; turn < Turns; turn++)
        {
            for (var i = 0; i < programs.Length; i++)
                times[i].Add(await PutAsync(programs[i], arguments(kinesis.Url.AbsoluteUri, file), kinesis));
        }

        var (first, second) = (Median(times[0]), Median(times[1]));
        output.WriteLine($"from the start of the process to its end, one record: native {first.TotalMilliseconds:F0} ms, jitted {second.TotalMilliseconds:F0} ms");
        Assert.Equal(2 * Turns, kinesis.GetDelivered("events").Count);
        Assert.True(first <= second, $"{first} instead of {second}");
    }

    private static async Task<TimeSpan> PutAsync(string program, string[] arguments, Testing.LocalKinesis kinesis)
    {
        var start = Stopwatch.GetTimestamp();
        await using var process = ServerProcess.Start(
            program, arguments, null, ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL_KINESIS", kinesis.Url.AbsoluteUri));
        var (code, _, log) = await process.ExitAsync();
        Assert.True(code == 0, string.Join('\n', log));
        return Stopwatch.GetElapsedTime(start);
    }

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);
}
