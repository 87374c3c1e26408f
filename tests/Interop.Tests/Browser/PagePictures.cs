using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests.Browser;

/// <summary>Judges the four pictures of a state that tests/stand-ins/dashboard takes: light and dark, 1,400 and 390 pixels.</summary>
internal static class PagePictures
{
    /// <summary>Cards cover so much of the page at least; the rest are the gaps between them.</summary>
    private const double LeastCovered = 0.9;

    /// <summary>
    /// Nothing is beyond the page, cut off, over something else or squeezed; no hole is between cards, no contrast is too low, and no text is a stack
    /// trace.
    /// </summary>
    public static void Check(JsonNode state)
    {
        var pictures = state["pictures"]!.AsArray();
        Assert.Equal(4, pictures.Count);
        Assert.All(pictures, static picture =>
        {
            var name = (string)picture!["name"]!;
            Assert.Equal((name, 0), (name, (int)picture["wide"]!));
            foreach (var fault in (string[])["outside", "cut", "narrow", "overlaps", "violations"])
                Assert.Equal($"{name} {fault}: ", $"{name} {fault}: {string.Join(", ", picture[fault]!.AsArray().Select(static f => (string)f!))}");
            Assert.True((double)picture["covered"]! >= LeastCovered, $"{name}: cards cover {picture["covered"]} of the page");
        });
        Assert.Equal(2, pictures.Select(static p => (string)p!["back"]!).Distinct().Count());
        Assert.DoesNotMatch(@"\bat [\w.<>]+\(|S\d+\.\d+\.\d+\.\d+:|\d{20}", (string)state["text"]!);
    }

    public static string SentenceOf(JsonNode state) => (string)state["sentence"]!;
}
