using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests.Processes;

/// <summary>A program of tests/stand-ins in Go, built for one test.</summary>
internal sealed class GoProgram : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private GoProgram()
    {
    }

    private string Path => System.IO.Path.Combine(_folder.Path, "front");

    public static async Task<GoProgram> BuildAsync(string source)
    {
        var program = new GoProgram();
        var built = await Command.RunAsync(
            "go", ["build", "-o", program.Path, System.IO.Path.Combine(Needs.StandIns, source)], environment: Needs.GoEnvironment);
        Assert.True(built.ExitCode == 0, built.Error);
        return program;
    }

    public async Task<JsonObject> RunAsync(params string[] arguments)
    {
        var outcome = await Command.RunAsync(Path, arguments);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return JsonNode.Parse(outcome.Output)!.AsObject();
    }

    public void Dispose() => _folder.Dispose();
}
