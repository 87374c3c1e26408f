using System.Reflection;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Road.Judging;

namespace Orleans.Kpl.Pipeline.Tests.Road.Judging;

/// <summary>Each code of a record has its advice, in the table and on the page that is written from it.</summary>
public sealed class ErrorAdviceTests
{
    private static readonly string[] OwnCodes =
        [.. typeof(RecordErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static f => (string)f.GetRawConstantValue()!)];

    [Fact]
    public void All_HasEachCodeOnce_OfRecordsAndOfVerdicts()
    {
        var codes = ErrorAdvice.All.Select(static a => a.Code).ToList();
        Assert.Equal(codes, codes.Distinct());
        var needed = OwnCodes.Concat(VerdictTable.Codes).Distinct();
        Assert.Equal(needed.Order(StringComparer.Ordinal), codes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Of_AnUnknownCode_SaysWhereToLook()
    {
        Assert.Same(ErrorAdvice.Other, ErrorAdvice.Of("NeverHeardOf"));
        Assert.All(ErrorAdvice.All.Append(ErrorAdvice.Other), a => Assert.True(a.Meaning.EndsWith('.') && a.Advice.EndsWith('.'), a.Code));
    }

    /// <summary>When this fails, run it with KPL_ACCEPT_DOCS=1: it replaces the tables.</summary>
    [Fact]
    public void Page_EndsWithTheTables()
    {
        var path = Path.Combine(Checkout.Root, "docs", "errors.md");
        var page = File.ReadAllText(path).ReplaceLineEndings("\n");
        var tables = Tables();
        if (Environment.GetEnvironmentVariable("KPL_ACCEPT_DOCS") == "1")
            File.WriteAllText(path, page = page[..page.IndexOf("## Shards and limits", StringComparison.Ordinal)] + tables);
        Assert.EndsWith(tables, page, StringComparison.Ordinal);
    }

    private static string Tables()
    {
        var text = new StringBuilder();
        foreach (var group in ErrorAdvice.All.GroupBy(static a => a.Group))
        {
            text.Append(text.Length == 0 ? "" : "\n").Append($"## {group.Key}\n\n| code | what happened | what to do |\n|---|---|---|\n");
            foreach (var row in group)
                text.Append($"| `{row.Code}` | {row.Meaning} | {row.Advice} |\n");
        }

        return text.ToString();
    }
}
