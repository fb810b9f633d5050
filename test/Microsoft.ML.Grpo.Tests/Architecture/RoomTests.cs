namespace Microsoft.ML.Grpo.Tests;

/// <summary>The rooms of the house: a folder uses those below it, and never one above.</summary>
[TestClass]
public class RoomTests
{
    // From the ground up. Work and Interop are everybody's.
    private static readonly string[] Order = ["Text", "Models", "Rollouts", "Objective", "Rewards", "Data", "Chat", "Options", "Training"];
    private static readonly string[] Shared = ["Work", "Interop"];

    // The transformer stands at the top, but the lazy view, the row mapper and the chat client are parts of it, ML.NET has to be told its name, and a run can go on from one.
    private static readonly (string Room, string Type)[] Exceptions =
        [("Data", nameof(GrpoTransformer)), ("Chat", nameof(GrpoTransformer)), ("Interop", nameof(GrpoTransformer)), ("Options", nameof(GrpoTransformer))];

    [TestMethod]
    public void Every_folder_of_the_library_is_a_known_room()
    {
        string[] rooms = [.. SourceFile.All.Select(f => f.Room).Distinct().Where(r => r.Length > 0)];
        CollectionAssert.AreEquivalent(Order.Concat(Shared).ToArray(), rooms);
    }

    [TestMethod]
    public void A_room_uses_only_those_below_it()
    {
        string[] problems = [.. Problems(SourceFile.All)];
        Assert.IsEmpty(problems, string.Join('\n', problems));
    }

    [TestMethod]
    [DataRow("Text", "Models", true)]
    [DataRow("Models", "Text", false)]
    [DataRow("Work", "Text", true)]
    [DataRow("Text", "Work", false)]
    [DataRow("Training", "", true)]
    [DataRow("", "Training", false)]
    public void A_use_of_a_room_above_is_found(string user, string used, bool found)
    {
        SourceFile[] files =
        [
            SourceFile.Parse($"{user}/A.cs", "// Above\ninternal sealed class A\n{\n    private readonly Above _x = new();\n}\n"),
            SourceFile.Parse($"{used}/Above.cs".TrimStart('/'), "internal sealed class Above;\n"),
        ];
        files[0] = files[0] with { Name = files[0].Name.TrimStart('/') };
        Assert.AreEqual(found ? 1 : 0, Problems(files).Count());
    }

    [TestMethod]
    public void Comments_strings_and_members_are_no_use()
    {
        SourceFile[] files =
        [
            SourceFile.Parse("Text/A.cs", "/// <see cref=\"Above\"/>\nclass A { string s = \"Above\" + x.Above + @\"Above\"\"\" + $\"Above {1}\" + '\"'; /* Above */ }\n"),
            SourceFile.Parse("Models/Above.cs", "internal sealed class Above;\n"),
        ];
        Assert.IsEmpty(Problems(files));
    }

    private static IEnumerable<string> Problems(IReadOnlyList<SourceFile> files)
    {
        Dictionary<string, string> roomOf = files.SelectMany(f => f.Types.Select(type => (type, f.Room))).DistinctBy(t => t.type).ToDictionary(t => t.type, t => t.Room);
        return
            from file in files
            where file.Room.Length > 0
            from word in file.Words.Order(StringComparer.Ordinal)
            where roomOf.TryGetValue(word, out string? room) && !MayUse(file.Room, room) && !Exceptions.Contains((file.Room, word))
            select $"{file.Name} uses {word} of {(roomOf[word].Length > 0 ? roomOf[word] : "the top")}, which is above {file.Room}. Move one of them, or hand it in.";
    }

    private static bool MayUse(string user, string used) =>
        user == used || Shared.Contains(used) || (!Shared.Contains(user) && used.Length > 0 && Array.IndexOf(Order, used) < Array.IndexOf(Order, user));
}
