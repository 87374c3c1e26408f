using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests.Processes;

/// <summary>AWS's own clients that put through the Kinesis front: programs of tests/stand-ins, each in the language of a client.</summary>
internal static class FrontClient
{
    /// <summary>JavaScript's over either version of HTTP, Python's and Ruby's.</summary>
    public static TheoryData<string> Scripts => ["h1", "h2", "python", "ruby"];

    /// <summary>Both of Go. Building takes longer than the test.</summary>
    public static TheoryData<string> Built => ["go1", "go2"];

    /// <summary>Puts to a stream of a tier; what the client saw. A test on a machine without the client is skipped.</summary>
    public static async Task<JsonObject> PutAsync(string client, string tier, string stream, params string[] mode)
    {
        switch (client)
        {
            case "go1" or "go2":
                Needs.Go(client == "go1" ? "github.com/aws/aws-sdk-go/service/kinesis" : "github.com/aws/aws-sdk-go-v2/service/kinesis");
                using (var program = await GoProgram.BuildAsync(client == "go1" ? "go_v1_front.go" : "go_front.go"))
                    return await program.RunAsync([tier, stream, .. mode]);
            case "ruby":
                await Needs.RubyAsync();
                return await RunAsync("ruby", "ruby_front.rb", [tier, stream, .. mode]);
            case "python":
                await Needs.Boto3OfEnvironmentAsync();
                return await RunAsync("python3", "boto3_front.py", [stream, .. mode]);
            default:
                Needs.NodePackages();
                return await RunAsync("node", "front.mjs", [stream, client, .. mode]);
        }

        async Task<JsonObject> RunAsync(string language, string script, string[] arguments)
        {
            var outcome = await Command.RunAsync(language, [Path.Combine(Needs.StandIns, script), .. arguments], environment: Needs.EnvironmentOf(tier));
            Assert.True(outcome.ExitCode == 0, outcome.Error);
            return JsonNode.Parse(outcome.Output)!.AsObject();
        }
    }
}
