namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>The local tier as a .NET tool. The command <c>kpl</c> has its own test, beside the others of the command.</summary>
[Trait("Category", "Long")]
[Collection(PackedTests.Name)]
public sealed class LocalToolTests(PackedPackages packed)
{
    [PosixFact]
    public async Task LocalTier_InstalledFromAFolder_TakesRecordsAndDrains()
    {
        using var folder = new TemporaryFolder();
        var config = Path.Combine(folder.Path, "nuget.config");
        await File.WriteAllTextAsync(
            config, $"""
            <configuration>
              <packageSources><clear /><add key="packed" value="{packed.Folder}" /></packageSources>
              <packageSourceMapping><clear /></packageSourceMapping>
              <config><add key="globalPackagesFolder" value="{Path.Combine(folder.Path, "cache")}" /></config>
            </configuration>
            """, TestContext.Current.CancellationToken);
        await Dotnet.RunAsync(folder.Path, "tool", "install", "Orleans.Kpl.Local", "--tool-path", Path.Combine(folder.Path, "tools"), "--configfile", config);

        await using var tier = ServerProcess.Start(Path.Combine(folder.Path, "tools", "kpl-local"), ["--http-port", "0", "--kinesis-port", "0"], folder.Path);
        var ready = await tier.Output.FirstAsync(static _ => true, TestContext.Current.CancellationToken);
        var url = ready.Split(' ').Single(static p => p.StartsWith("http=", StringComparison.Ordinal))["http=".Length..];
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        using var record = new StringContent("""{"partition_key":"k","payload":1}""", null, "application/json");
        using var answer = await http.PostAsync("/events/confirmed", record, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)answer.StatusCode);

        tier.Signal(Signals.Terminate);
        var (code, output, _) = await tier.ExitAsync();
        Assert.Equal(0, code);
        Assert.StartsWith("drained delivered=1 failed=0", output[^1], StringComparison.Ordinal);
    }
}
