"""What a report of tuned arms says, from facts as they are read back."""

from mixedfer.evidence import tuned_page


def test_fields_in_which_arms_differ_are_told_by_their_names_in_whatever_order_they_were_searched():
    def arm(rate, dropout):  # as JSON gives them back: in the order of the alphabet
        return {"best": 0, "trials": [{"values": {"recipe.fusion.dropout": dropout, "recipe.learning_rate": rate}}]}
    space = [{"name": "recipe.learning_rate"}, {"name": "recipe.fusion.dropout"}]
    for other, told in ((arm(0.01, 0.2), "in recipe.fusion.dropout of"), (arm(0.02, 0.1), "in recipe.learning_rate of"),
                        (arm(0.01, 0.1), "found the same recipe best")):
        assert told in tuned_page._told({"search": {"space": space, "arms": [arm(0.01, 0.1), other]}})


def test_a_margin_that_was_changed_for_the_comparison_under_one_recipe_alone_is_told():
    kept = {"margin": 0.02, "first_margin": 0.02, "metric": "accuracy", "first_metric": "accuracy"}
    moved = {**kept, "first_margin": 0.01}
    banner, = tuned_page._moved({**kept, "identical": moved})
    assert banner.text.startswith("Under one recipe, the margin was 1 point when these runs were made and is 2 points now.")
    assert not tuned_page._moved({**kept, "identical": kept}) and not tuned_page._moved({**moved, "identical": moved})
