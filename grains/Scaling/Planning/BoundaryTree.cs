namespace Orleans.Kpl.Scaling.Planning;

/// <summary>
/// Finds the order in which a range is cut into its pieces, or merged from them, that moves the fewest records. Each cut moves all records between
/// its neighbours at that time. This is the optimal alphabetic tree over the pieces' weights (Garsia and Wachs 1977).
/// </summary>
internal static class BoundaryTree
{
    /// <summary>The unit in which weights are counted as integers: the algorithm needs exact sums.</summary>
    private const double Unit = 1L << 60;

    /// <summary>One boundary between pieces: in the tree it is above all boundaries within <see cref="First"/> to <see cref="Last"/>.</summary>
    /// <param name="Index">The index of the piece before the boundary.</param>
    /// <param name="First">The first piece below it.</param>
    /// <param name="Last">The last piece below it.</param>
    /// <param name="Depth">0 for the root: the first to be cut, the last to be merged.</param>
    public readonly record struct Node(int Index, int First, int Last, int Depth);

    /// <summary>Builds the boundaries between the pieces.</summary>
    /// <param name="weights">The pieces' shares of the load, together at most 1.</param>
    public static List<Node> Build(ReadOnlySpan<double> weights)
    {
        var levels = Levels(weights);
        var nodes = new List<Node>(weights.Length);
        var open = new Stack<(int Level, int First)>();
        for (var piece = 0; piece < levels.Length; piece++)
        {
            var (level, first) = (levels[piece], piece);
            while (open.TryPeek(out var left) && left.Level == level)
            {
                open.Pop();
                // The boundary is before the first piece of the right part.
                nodes.Add(new Node(first - 1, left.First, piece, level - 1));
                (level, first) = (level - 1, left.First);
            }

            open.Push((level, first));
        }

        return nodes;
    }

    /// <summary>Returns the depth of each piece.</summary>
    private static int[] Levels(ReadOnlySpan<double> weights)
    {
        var line = new List<Part>(weights.Length);
        for (var i = 0; i < weights.Length; i++)
            line.Add(new Part((long)(weights[i] * Unit), i, null, null));
        var from = 0;
        while (line.Count > 1)
        {
            // The leftmost part that is no heavier than the one after next joins its right neighbour. The joined part moves left, to behind a heavier
            // one.
            var i = from;
            while (i + 2 < line.Count && line[i].Weight > line[i + 2].Weight)
                i++;
            var joined = new Part(line[i].Weight + line[i + 1].Weight, -1, line[i], line[i + 1]);
            line.RemoveRange(i, 2);
            var index = i;
            while (index > 0 && line[index - 1].Weight < joined.Weight)
                index--;
            line.Insert(index, joined);
            from = Math.Max(0, index - 2);
        }

        var levels = new int[weights.Length];
        var below = new Stack<(Part Part, int Level)>([(line[0], 0)]);
        while (below.TryPop(out var next))
        {
            if (next.Part.Piece >= 0)
                levels[next.Part.Piece] = next.Level;
            foreach (var part in (Part?[])[next.Part.Left, next.Part.Right])
            {
                if (part is not null)
                    below.Push((part, next.Level + 1));
            }
        }

        return levels;
    }

    private sealed record Part(long Weight, int Piece, Part? Left, Part? Right);
}
