using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>One thing has one word, the one in DESIGN's glossary. A word that it replaced does not come back.</summary>
public sealed class RetiredWordsTests
{
    private static readonly Regex TextOrComment = new(@"""(?:\\.|[^""\\])*""|//.*");
    private static readonly Regex Identifier = new(@"\b[a-z_]\w*\b");
    private static readonly Regex SameSummary = new(@"<summary>\s*(?:///\s*)?The same\b.*");

    /// <summary>As parts of the names of types, files and folders, alone or with an s.</summary>
    private static readonly RetiredWord[] InNames =
    [
        new("Accounts", "Ledger"),
        new("Acts", "Commands"),
        new("BehindQueuedWork", "YieldToThreadPool"),
        new("Books", "Ledger", Except: "Stream"),
        new("CacheHint", "Prefetch"),
        new("ClosingLine", "ClosingQueues"),
        new("ColdArray", "UncheckedArray"),
        new("Ender", "Completer"),
        new("EngineGate", "LockStripes"),
        new("FairLine", "FairQueue"),
        new("Guest", "Forwarded"),
        new("HeldCall", "ResponseTimeouts"),
        new("HeldFrame", "QueuedFrame"),
        new("HeldLog", "OwnedLogs"),
        new("HeldOperation", "LeasedOperation"),
        new("HeldSegment", "LogSegment"),
        new("HeldVerdict", "PendingVerdicts"),
        new("Keeper", "Store or Reader"),
        new("KeptBatch", "OutgoingBatch"),
        new("KeptFrame", "OutgoingFrame"),
        new("Letter", "DeadLetter", Except: "Dead"),
        new("LogBook", "SegmentIndex"),
        new("Look", "Snapshot or Queries"),
        new("Lookout", "PeriodicCheck"),
        new("Patience", "StallDetector"),
        new("Place", "Position, Index, Location or Slot", Except: "In"),
        new("Room", "MemoryLimit"),
        new("Settling", "ForwardedCompleter"),
        new("Shelf", "Buffer"),
        new("Sight", "Observation"),
        new("Turnstile", "AsyncFifoLock"),
        new("Waker", "Activator"),
    ];

    /// <summary>As the whole name of a field, a parameter or a local.</summary>
    private static readonly RetiredWord[] Identifiers =
    [
        new("_book", "_index"),
        new("book", "index"),
        new("_gate", "_lock"),
        new("_guests", "_forwarded"),
        new("guest", "forwarded"),
        new("guests", "forwarded"),
        new("_place", "_index or _position"),
        new("_room", "_memory"),
        new("room", "memory or free"),
        new("rooms", "memory"),
        new("_turnstile", "_fifo"),
    ];

    [Fact]
    public void Types_AreCalledByTheGlossary() =>
        Strays.None(from type in DeclaredType.All
                    from word in InNames
                    where Has(type.Name, word)
                    select $"{word.Word} -> {word.Instead}: {type}");

    [Fact]
    public void FilesAndFolders_AreCalledByTheGlossary() =>
        Strays.None(from file in Tree.Sources
                    from part in file[..^".cs".Length].Split('/', '.').Distinct()
                    from word in InNames
                    where Has(part, word)
                    select $"{word.Word} -> {word.Instead}: {file}");

    [Fact]
    public void FieldsParametersAndLocals_AreCalledByTheGlossary()
    {
        var retired = Identifiers.ToDictionary(i => i.Word);
        var found = from file in Tree.Sources
                    from line in File.ReadLines(Tree.Root + file).Index()
                    from Match name in Identifier.Matches(TextOrComment.Replace(line.Item, "\"\""))
                    where retired.ContainsKey(name.Value)
                    select $"{name.Value} -> {retired[name.Value].Instead}: {file}:{line.Index + 1}";
        Strays.None(found);
    }

    /// <summary>A summary is read alone, in a tooltip, where nothing stands above it.</summary>
    [Fact]
    public void Summaries_SayWhatTheyMean()
    {
        var found = from file in Tree.Sources
                    where !file.StartsWith("tests/", StringComparison.Ordinal)
                    from Match summary in SameSummary.Matches(Tree.Read(file))
                    select $"{file}: {summary.Value}";
        Strays.None(found);
    }

    [Theory]
    [InlineData("RoomPair", "Room", true)]
    [InlineData("HeldLogs", "HeldLog", true)]
    [InlineData("StreamLook", "Look", true)]
    [InlineData("AdminLooks", "Look", true)]
    [InlineData("Lookup", "Look", false)]
    [InlineData("DeadLetters", "Letter", false)]
    [InlineData("LetterBox", "Letter", true)]
    [InlineData("StreamSender", "Ender", false)]
    public void Word_IsFoundAsAPartOfAName(string name, string word, bool isFound) =>
        Assert.Equal(isFound, Has(name, InNames.Single(w => w.Word == word)));

    private static bool Has(string name, RetiredWord word)
    {
        var before = word.Except is { } except ? $"(?<!{except})" : "";
        return Regex.IsMatch(name, $"{before}{word.Word}s?(?![a-z])");
    }
}
