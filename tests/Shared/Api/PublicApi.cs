using System.Reflection;

namespace Orleans.Kpl.Testing;

/// <summary>Holds a package's public surface to the reviewed listing beside its project, <c>PublicAPI.txt</c>.</summary>
internal static class PublicApi
{
    /// <summary>Set to 1, this environment variable has the listing written as the assembly has it.</summary>
    private const string Accept = "KPL_ACCEPT_API";

    /// <summary>Fails on every difference between an assembly and its listing.</summary>
    /// <param name="folder">The project's folder, relative to the root.</param>
    public static void Check(Assembly assembly, string folder)
    {
        var file = Path.Combine(Checkout.Root, folder, "PublicAPI.txt");
        var now = PublicApiListing.Write(assembly);
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(file, now);

        var reviewed = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        var (was, has) = (Lines(reviewed), Lines(now));
        var changes = was.Except(has).Select(l => "- " + l).Concat(has.Except(was).Select(l => "+ " + l)).ToList();
        Assert.True(
            reviewed == now,
            $"The public surface of {folder} is not the one in {folder}/PublicAPI.txt. A change of it is a promise to users: review it, and accept it by a run of this test with {Accept}=1.\n{string.Join('\n', changes)}");
    }

    /// <summary>Each member with its type, so that a difference says where it is.</summary>
    private static List<string> Lines(string listing)
    {
        var (lines, type) = (new List<string>(), "");
        foreach (var line in listing.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith(' '))
                type = line;
            lines.Add(line.StartsWith(' ') ? $"{type} | {line.Trim()}" : line);
        }

        return lines;
    }
}
