using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orleans.Kpl.Run.Yaml;

/// <summary>
/// Reads YAML with the event parser alone, which needs no reflection. Anchors and aliases work; several documents, tags and names that are no texts are
/// errors, and so is a name that stands twice.
/// </summary>
internal sealed class YamlTree(IParser parser, Func<string, string?> variable, RunFindings findings)
{
    /// <summary>How deep values may lie in one another: nobody writes that, and each level is a level of the stack.</summary>
    private const int Deepest = 32;

    private readonly Dictionary<AnchorName, YamlValue> _anchors = [];

    /// <summary>Reads a file; null if it has errors that hide the rest, or nothing in it.</summary>
    /// <param name="variable">Returns an environment variable; null if it is not set.</param>
    /// <param name="findings">Is told of each error.</param>
    public static YamlValue? Read(string text, Func<string, string?> variable, RunFindings findings)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            return new YamlTree(parser, variable, findings).ReadFile();
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet says so of a ':' where a flow that was not closed goes on.
            var at = parser.Current?.End ?? Mark.Empty;
            findings.Error(LocationOf(at, ""), "no YAML: a '{' or '[' before this place is not closed");
            return null;
        }
        catch (YamlException exception)
        {
            var line = YamlWords.LineOf(exception, text);
            var location = line == exception.Start.Line ? LocationOf(exception.Start, "") : new YamlLocation(line, 1, "");
            findings.Error(location, exception is YamlFault ? exception.Message : $"no YAML: {YamlWords.Of(exception)}");
            return null;
        }
    }

    private YamlValue? ReadFile()
    {
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
        {
            findings.Error(new YamlLocation(1, 1, ""), "the file is empty");
            return null;
        }

        var value = Read("", 0);
        parser.Consume<DocumentEnd>();
        if (parser.TryConsume<DocumentStart>(out var second))
            findings.Error(LocationOf(second.Start, ""), "a second document begins here; a file has one");
        return value;
    }

    private YamlValue Read(string path, int depth)
    {
        var location = LocationOf(parser.Current!.Start, path);
        if (depth > Deepest)
            throw new YamlFault(parser.Current.Start, parser.Current.End, $"values lie in one another more than {Deepest} deep");
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return _anchors.TryGetValue(alias.Value, out var known)
                ? known
                : throw new YamlFault(alias.Start, alias.End, $"'*{alias.Value}' names no anchor above");
        }

        CheckTag((NodeEvent)parser.Current, location);
        var anchor = ((NodeEvent)parser.Current).Anchor;
        YamlValue value = parser.TryConsume<Scalar>(out var scalar) ? ReadText(scalar, location)
            : parser.TryConsume<SequenceStart>(out _) ? ReadSequence(location, depth)
            : ReadMapping(location, depth);
        if (!anchor.IsEmpty)
            _anchors[anchor] = value;
        return value;
    }

    private void CheckTag(NodeEvent node, YamlLocation location)
    {
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)
            findings.Error(location, $"tag '{node.Tag.Value}' is not known here: write the value alone, in quotes if it is a text");
    }

    private YamlText ReadText(Scalar scalar, YamlLocation location)
    {
        var isPlain = scalar.Style is ScalarStyle.Plain;
        if (!EnvironmentText.IsNeededBy(scalar.Value))
            return new YamlText(location, scalar.Value, isPlain);
        return new YamlText(location, EnvironmentText.Fill(scalar.Value, variable, message => findings.Error(location, message)), IsPlain: false);
    }

    private YamlSequence ReadSequence(YamlLocation location, int depth)
    {
        var items = new List<YamlValue>();
        while (!parser.TryConsume<SequenceEnd>(out _))
            items.Add(Read($"{location.Path}[{items.Count}]", depth + 1));
        return new YamlSequence(location, items);
    }

    private YamlMapping ReadMapping(YamlLocation location, int depth)
    {
        parser.Consume<MappingStart>();
        var entries = new List<YamlEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var name))
                throw new YamlFault(parser.Current!.Start, parser.Current.End, "a name is a text");
            var at = LocationOf(name.Start, location.Below(name.Value).Path);
            if (entries.Find(entry => entry.Name == name.Value) is { } first)
                findings.Error(at, $"stands twice: first in line {first.Location.Line}");
            if (parser.Current is MappingEnd)
                throw new YamlFault(name.Start, name.End, "no YAML: a name or a value is missing here");
            entries.Add(new YamlEntry(name.Value, at, Read(at.Path, depth + 1)));
        }

        return new YamlMapping(location, entries);
    }

    private static YamlLocation LocationOf(in Mark mark, string path) => new(mark.Line, mark.Column, path);
}

/// <summary>
/// Fills environment variables into a text: <c>${NAME}</c>, and <c>${NAME:-default}</c> where the variable is missing or empty. <c>$${</c> is a
/// literal <c>${</c>. It happens after the file was read, so that no value can change what the file means.
/// </summary>
internal static partial class EnvironmentText
{
    /// <summary>Whether a text has something to fill in.</summary>
    public static bool IsNeededBy(string text) => text.Contains("${", StringComparison.Ordinal);

    /// <summary>Returns the text with its variables filled in.</summary>
    /// <param name="variable">Returns a variable; null if it is not set.</param>
    /// <param name="error">Is told of each variable that is not set and has no default, and of a bracket that is not closed.</param>
    public static string Fill(string text, Func<string, string?> variable, Action<string> error) => Variable().Replace(text, found =>
    {
        if (found.Value is "$${")
            return "${";
        if (!found.Groups["end"].Success)
        {
            error("'${' has no '}'; write '$${' for the two characters themselves");
            return found.Value;
        }

        var name = found.Groups["name"].Value;
        if (!found.Groups["name"].Success)
            error($"'{found.Value}' names no environment variable: letters, digits and _, with ':-' before a default");
        else if (variable(name) is { } value && (value.Length > 0 || !found.Groups["default"].Success))
            return value;
        else if (!found.Groups["default"].Success)
            error($"environment variable {name} is not set; '${{{name}:-TEXT}}' has a default");
        return found.Groups["default"].Value;
    });

    [GeneratedRegex(@"\$\$\{|\$\{(?:(?<name>[A-Za-z0-9_]+)(?::-(?<default>[^}]*))?(?<end>\})|[^}]*(?<end>\})?)", RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
