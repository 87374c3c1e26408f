using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Deploy.Tests.Elsewhere;

/// <summary>Terraform fills the policies' files in as they stand, with <c>templatefile</c>.</summary>
public sealed class TerraformTests
{
    private const string Terraform = "/usr/local/bin/terraform";

    private static readonly Dictionary<string, string> Holders = new()
    {
        ["Partition"] = "aws", ["Region"] = "eu-central-1", ["Account"] = "123456789012", ["ClusterId"] = "orders", ["Stream"] = "events",
        ["TierAccount"] = "210987654321", ["TierRole"] = "kpl", ["Registry"] = "orders",
    };

    [Fact]
    public async Task Policies_ReadByTerraform_AreThoseOfTheFiles()
    {
        Assert.SkipUnless(File.Exists(Terraform), $"{Terraform} is not there");
        var files = Directory.GetFiles(Path.Combine(Checkout.Root, "deploy", "aws", "policies"));
        Assert.NotEmpty(files);
        var holders = string.Join(", ", Holders.Select(static h => $"{h.Key} = \"{h.Value}\""));
        var asked = $"jsonencode([{string.Join(", ", files.Select(f => $"jsondecode(templatefile(\"{f}\", {{{holders}}}))"))}])\n";

        var policies = JsonNode.Parse(JsonSerializer.Deserialize<string>(await EvaluateAsync(asked))!)!.AsArray();

        Assert.Equal(files.Length, policies.Count);
        foreach (var (file, policy) in files.Zip(policies))
        {
            var expected = Holders.Aggregate(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken),
                static (text, h) => text.Replace($"${{{h.Key}}}", h.Value, StringComparison.Ordinal));
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), policy), $"{file}: {policy}");
        }
    }

    /// <summary>Evaluates an expression in an empty folder, so that no provider is needed.</summary>
    private static async Task<string> EvaluateAsync(string expression)
    {
        using var folder = new TemporaryFolder();
        var (code, value, error) = await ProgramRun.OfAsync(
            Terraform, ["console"], expression, folder.Path, new Dictionary<string, string> { ["TF_CLI_CONFIG_FILE"] = "/dev/null", ["CHECKPOINT_DISABLE"] = "1" });
        Assert.True(code == 0, error);
        return value;
    }
}
