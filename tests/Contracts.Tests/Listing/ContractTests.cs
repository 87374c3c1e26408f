using System.Reflection;
using System.Text.Json;
using System.Xml.Linq;
using Orleans.CodeGeneration;
using Orleans.Kpl.Deploy.Tests.Packages;
using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Contracts.Tests.Listing;

public sealed class ContractTests
{
    private static readonly Assembly Contracts = typeof(IStreamProducer).Assembly;

    private static readonly Type[] Interfaces = [.. Contracts.GetTypes().Where(static t => t.IsInterface && typeof(IGrain).IsAssignableFrom(t))];

    private static readonly string Folder = Path.Combine(Checkout.Root, "interfaces", "Contracts");
    private static readonly string ListingPath = Path.Combine(Folder, "OrleansContracts.txt");

    /// <summary>The build's analyzer compares the types of each method that there is, and says nothing of a line whose method is gone.</summary>
    [Fact]
    public async Task Listing_HasTheMethodsThatThereAre()
    {
        var lines = await File.ReadAllLinesAsync(ListingPath, TestContext.Current.CancellationToken);
        var listed = lines.Where(static l => l.StartsWith("interface ", StringComparison.Ordinal) || l.StartsWith("  ", StringComparison.Ordinal))
            .Select(static l => l.StartsWith("interface ", StringComparison.Ordinal) ? l.Split(' ')[2] : l[..l.IndexOf('(', StringComparison.Ordinal)]);
        var declared = Interfaces.OrderBy(static t => t.FullName, StringComparer.Ordinal).SelectMany(static t => t.GetMethods()
            .OrderBy(static m => m.Name, StringComparer.Ordinal)
            .Select(static m => $"  {m.GetCustomAttribute<AliasAttribute>()!.Alias}: {m.Name}").Prepend(t.FullName!));
        Assert.Equal(declared, listed);
    }

    /// <summary>The command in the listing's header, pointed at a file that does not exist yet, writes the same listing.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task Listing_IsWhatItsOwnCommandWrites()
    {
        var listing = await File.ReadAllTextAsync(ListingPath, TestContext.Current.CancellationToken);
        var command = listing.Split('\n').Single(static l => l.StartsWith("# dotnet format ", StringComparison.Ordinal));
        var arguments = command.Replace("PATH_TO_PROJECT.csproj", "Orleans.Kpl.Contracts.csproj", StringComparison.Ordinal).Split(' ')[2..];
        var written = Path.Combine(Directory.CreateTempSubdirectory("kpl-contracts-").FullName, "OrleansContracts.txt");
        try
        {
            await Dotnet.RunAsync(Folder, new Dictionary<string, string> { ["OrleansContractsPath"] = written }, [.. arguments, "--no-restore"]);
            Assert.Equal(listing, await File.ReadAllTextAsync(written, TestContext.Current.CancellationToken));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(written)!, recursive: true);
        }
    }

    /// <summary>Without its analyzer Orleans' package checks nothing and says nothing.</summary>
    [Fact]
    public void Analyzer_RanWhenTheContractsWereBuilt()
    {
        using var log = JsonDocument.Parse(File.ReadAllText(Path.Combine(Checkout.Root, "artifacts", "obj", "Orleans.Kpl.Contracts", "analyzers.sarif")));
        var rules = log.RootElement.GetProperty("runs")[0].GetProperty("tool").GetProperty("driver").GetProperty("rules")
            .EnumerateArray().Select(r => r.GetProperty("id").GetString()).ToHashSet();
        Assert.Empty(Enumerable.Range(16, 10).Select(n => $"ORLEANS00{n}").Except(rules));

        var project = XDocument.Load(Path.Combine(Folder, "Orleans.Kpl.Contracts.csproj"));
        Assert.Equal("true", project.Descendants("EnableOrleansContractsAnalyzer").Single().Value);
        Assert.Contains("ORLEANS0020", project.Descendants("WarningsAsErrors").Single().Value, StringComparison.Ordinal);
    }

    /// <summary>An alias is a name on the wire: it is the name that the type was published under, and outlives its renaming.</summary>
    [Fact]
    public void EverythingThatTravels_HasAnAliasOfItsOwn()
    {
        var types = Contracts.GetTypes().Where(t => t.IsDefined(typeof(GenerateSerializerAttribute))).Concat(Interfaces).ToList();
        var aliases = types.ToDictionary(t => t.GetCustomAttribute<AliasAttribute>()?.Alias ?? $"{t.Name} has none", t => t.Name);

        Assert.All(aliases.Keys, a => Assert.StartsWith("Orleans.Kpl.", a, StringComparison.Ordinal));
        foreach (var type in Interfaces)
        {
            var names = type.GetMethods().Select(m => m.GetCustomAttribute<AliasAttribute>()?.Alias).ToList();
            Assert.DoesNotContain(null, names);
            Assert.Equal(names.Distinct(), names);
        }
    }

    [Fact]
    public void Messages_NeverChange()
    {
        var classes = Contracts.GetTypes().Where(t => t.IsDefined(typeof(GenerateSerializerAttribute)) && t.IsClass).ToList();

        Assert.NotEmpty(classes);
        Assert.All(classes, t => Assert.True(t.IsSealed && t.IsDefined(typeof(ImmutableAttribute)), t.Name));
    }

    /// <summary>A raised version would make each silo of the older one lose its grains to the first newer one.</summary>
    [Fact]
    public void Interfaces_HaveNoVersion() => Assert.All(Interfaces, t => Assert.False(t.IsDefined(typeof(VersionAttribute)), t.Name));

    /// <summary>Orleans' default of 30 s is that of a record's life.</summary>
    [Fact]
    public void CallsThatWaitForRecords_OutliveThem()
    {
        string[] held = [nameof(IStreamProducer.PutRecord), nameof(IStreamProducer.PutRecords), nameof(IStreamProducer.Flush)];
        foreach (var name in held)
        {
            var timeout = typeof(IStreamProducer).GetMethod(name)!.GetCustomAttribute<ResponseTimeoutAttribute>()!.Timeout;
            Assert.Equal(new StreamOptions().RecordTtl + TimeSpan.FromSeconds(10), timeout);
        }
    }

    [Fact]
    public void OutcomesAreHeld_ShorterThanTheCallMayTake()
    {
        var timeout = Contracts.GetType("Orleans.Kpl.Lanes.IClientLane")!.GetMethod("TakeOutcomes")!.GetCustomAttribute<ResponseTimeoutAttribute>()!.Timeout;
        Assert.True(ClientOutcomes.LongestWait * 2 < timeout);
    }
}
