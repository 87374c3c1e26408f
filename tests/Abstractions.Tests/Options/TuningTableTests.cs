using System.Text.RegularExpressions;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Abstractions.Tests.Options;

/// <summary>docs/tuning.md, "Set this if …": what a row says to set is there, may be set to that, and changes something.</summary>
public sealed partial class TuningTableTests
{
    /// <summary>No settings: calls of the interface, and a type of another package.</summary>
    private static readonly string[] Others = [nameof(IKplProducer.EnqueueAsync), "DuplicateFilter"];

    [Fact]
    public void EachRow_IsSetAsItStands()
    {
        var rows = Rows();
        Assert.InRange(rows.Count, 16, 40);
        foreach (var row in rows)
        {
            var given = Code().Matches(row).Select(static m => m.Groups[1].Value).ToList();
            foreach (var code in given.Except(Others))
            {
                if (code.Split('=') is [var name, var text])
                    AssertTaken(name, text, row.Contains("backlog", StringComparison.Ordinal));
                else
                    Assert.True(KplSettings.All.Any(s => s.Name == code) || IsMember(code), $"{code} is neither a setting nor a member: {row}");
            }
        }
    }

    private static void AssertTaken(string name, string text, bool hasBacklog)
    {
        var setting = Assert.Single(KplSettings.All, s => s.Name == name);
        List<KeyValuePair<string, string?>> settings = [new(name, text)];
        if (hasBacklog)
            settings.Add(new("Backlog:Directory", "/var/lib/kpl"));
        var read = KplSettings.Read(settings);

        Assert.True(read.Errors.Count == 0 && read.Warnings.Count == 0, $"{name}={text}: {string.Join(' ', read.Errors.Concat(read.Warnings))}");
        var now = setting switch
        {
            Setting<StreamOptions> s => s.Show(read.Options),
            Setting<KplOptions> s => s.Show(read.Options),
            _ => "",
        };
        Assert.Equal(text, now);
        Assert.True(now != setting.Default, $"{name}={text} is the default");
    }

    private static bool IsMember(string name) =>
        name.Split('.') is [var type, var member] && typeof(IKplProducer).Assembly.GetType($"Orleans.Kpl.{type}")?.GetProperty(member) is not null;

    /// <summary>The second column of the table.</summary>
    private static List<string> Rows()
    {
        var page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "tuning.md")).ReplaceLineEndings("\n");
        return [.. page[page.IndexOf("## Set this if", StringComparison.Ordinal)..].Split('\n').Where(static l => l.StartsWith("| ", StringComparison.Ordinal))
            .Skip(1).Select(static l => l.Split('|')[2])];
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
